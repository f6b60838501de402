import { defineOp } from "../defineOp.ts";
import { assertDType, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

const build = defineOp({
  name: "straightThrough",
  shape([value, through]) {
    assertDType("straightThrough", "f32", value!, through!);
    if (!sameShape(value!.shape, through!.shape)) {
      throw new RangeError(
        `straightThrough expected equal shapes, got ${shapeText(value!.shape)} and ${shapeText(through!.shape)}`,
      );
    }
    return value!.shape;
  },
  lower: ([value]) => value!,
  vjp: (_, dy) => [undefined, dy],
});

/**
 * The value of `value` with the gradient of `through`: the straight-through estimator of what has no useful derivative
 * (rounding, quantization, a random draw). Source: Bengio et al. 2013, arXiv:1308.3432.
 * @throws RangeError unless the shapes agree.
 */
export function straightThrough(value: Tensor, through: Tensor): Tensor {
  return build([value, through]);
}
