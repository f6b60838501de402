import { reshape as reshapeOp } from "../../graph/ops.ts";
import { assertShape, numElements, shapeText } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";
import type { Layer } from "../layer.ts";

/**
 * The values of each example, row-major, under another shape: x [batch, ...any] -> [batch, ...shape].
 * @throws RangeError unless every size is a whole number >= 1.
 */
export function reshape(shape: Shape): Layer<never> {
  assertShape("shape", shape);
  return {
    name: `reshape(${shape.join(", ")})`,
    document: { kind: "reshape", shape },
    init: {},
    apply(_, x) {
      if (numElements(x.shape) !== x.shape[0]! * numElements(shape)) {
        throw new RangeError(
          `reshape expected x [batch, ...] with ${numElements(shape)} values an example for ${shapeText(shape)}, got ${shapeText(x.shape)}`,
        );
      }
      return reshapeOp(x, [x.shape[0]!, ...shape]);
    },
  };
}
