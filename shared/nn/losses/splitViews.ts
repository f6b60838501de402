import { reshape, slice } from "../../graph/ops.ts";
import { shapeText } from "../../graph/shape.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";

/**
 * Features of each view for an output that holds `count` views of an example, [count, features] or
 * [count · features] (one view after the other).
 * @throws RangeError naming the loss if it does not.
 */
export function featuresOfViews(loss: string, outputShape: Shape, count: number): number {
  const [first, second] = outputShape;
  if (outputShape.length === 2 && first === count) return second!;
  if (outputShape.length === 1 && first! % count === 0) return first! / count;
  throw new RangeError(
    `${loss} expected [${count}, features] or [${count} · features] for each example, got ${shapeText(outputShape)}`,
  );
}

/** The views of each example, `count` tensors [batch, features]. */
export function splitViews(loss: string, outputs: Tensor, count: number): Tensor[] {
  const [batch, ...outputShape] = outputs.shape as [number, ...number[]];
  const features = featuresOfViews(loss, outputShape, count);
  const views = reshape(outputs, [batch, count, features]);
  return Array.from({ length: count }, (_, i) => reshape(slice(views, 1, i, 1), [batch, features]));
}
