import { sameShape, shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";

/**
 * The sizes of a batch of sequences.
 * @throws RangeError naming the layer unless x is [batch, time, features], with the given features, and the mask fits.
 */
export function assertSequence(
  layer: string,
  x: Tensor,
  mask: Tensor | undefined,
  expected?: number,
): { readonly batch: number; readonly time: number; readonly features: number } {
  const [batch, time, features] = x.shape as [number, number, number];
  if (x.shape.length !== 3 || (expected !== undefined && features !== expected)) {
    throw new RangeError(`${layer} expected x [batch, time, ${expected ?? "features"}], got ${shapeText(x.shape)}`);
  }
  if (mask && !sameShape(mask.shape, [batch, time])) {
    throw new RangeError(
      `${layer} expected a mask [${batch}, ${time}] for x ${shapeText(x.shape)}, got ${shapeText(mask.shape)}`,
    );
  }
  return { batch, time, features };
}
