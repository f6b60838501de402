import { assertFinite } from "../../base/assert.ts";
import { createNode } from "../node.ts";
import { assertDType, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * (x - mean) / √(variance + epsilon) along the last axis: what layer normalisation computes before scale and shift. The variance is
 * Σ (x - mean)² / count.
 * @throws RangeError for a scalar, or an epsilon below 0.
 */
export function standardise(x: Tensor, epsilon: number): Tensor {
  assertDType("standardise", "f32", x);
  assertFinite("epsilon", epsilon, 0);
  if (x.shape.length === 0) throw new RangeError("standardise expected at least one axis, got a scalar []");
  return createNode("standardise", [x], x.shape, { attributes: { epsilon: Math.fround(epsilon) } });
}

/**
 * Gradient of `standardise(x, epsilon)` with respect to x: (dy - mean(dy) - y · mean(dy · y)) / √(variance + epsilon), the means along
 * the last axis. It takes x, not y, because y does not tell the variance.
 * @throws RangeError unless both have one shape.
 */
export function standardiseGrad(dy: Tensor, x: Tensor, epsilon: number): Tensor {
  assertDType("standardiseGrad", "f32", dy, x);
  assertFinite("epsilon", epsilon, 0);
  if (!sameShape(dy.shape, x.shape) || x.shape.length === 0) {
    throw new RangeError(`standardiseGrad expected equal shapes, got ${shapeText(dy.shape)} and ${shapeText(x.shape)}`);
  }
  return createNode("standardiseGrad", [dy, x], x.shape, { attributes: { epsilon: Math.fround(epsilon) } });
}
