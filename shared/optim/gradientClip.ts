import * as v from "valibot";
import { add, constant, div, maximum, minimum, mul, neg, reduceSum, sqrt } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";

const boundSchema = v.pipe(v.number(), v.gtValue(0), v.maxValue(1e6));

/** A bound on the gradient of each step: on every element, or on the l2 norm over all params together. */
export const gradientClipSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("value"), bound: boundSchema }),
  v.strictObject({ kind: v.literal("norm"), bound: boundSchema }),
]);

export type GradientClip = Readonly<v.InferOutput<typeof gradientClipSchema>>;

/**
 * The gradients within the bound, of the same shapes. By norm: all scaled by min(1, bound / (norm + 1e-6)).
 * Source: Pascanu, Mikolov, Bengio 2013, Algorithm 1, arXiv:1211.5063; the 1e-6 is PyTorch's.
 */
export function clipGradients(clip: GradientClip, gradients: readonly Tensor[]): Tensor[] {
  const bound = constant(clip.bound);
  if (clip.kind === "value") return gradients.map((grad) => maximum(minimum(grad, bound), neg(bound)));
  const squares = gradients.map((grad) => reduceSum(mul(grad, grad)));
  const norm = sqrt(squares.reduce((sum, square) => add(sum, square)));
  const scale = minimum(constant(1), div(bound, add(norm, constant(1e-6))));
  return gradients.map((grad) => mul(grad, scale));
}
