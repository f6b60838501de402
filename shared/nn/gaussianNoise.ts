import { constant, cos, log, mul, reshape, slice, sqrt, sub } from "../graph/ops.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { ApplyContext } from "./applyContext.ts";

const TWO_PI = 6.283185307179586;

/**
 * Fresh standard normal values, from two uniform ones each: sqrt(-2 log(1 - u)) · cos(2π v).
 * u is a multiple of 2^-24 below 1, so that no value lies beyond sqrt(48 log 2) = 5.8; a true normal value does once in 10^8.
 * Source: Box and Muller 1958, "A note on the generation of random normal deviates".
 */
export function gaussianNoise(ctx: ApplyContext, shape: Shape): Tensor {
  const uniform = ctx.random([2, ...shape]);
  const [u, v] = [0, 1].map((i) => slice(uniform, 0, i, 1)) as [Tensor, Tensor];
  const radius = sqrt(mul(constant(-2), log(sub(constant(1), u))));
  return reshape(mul(radius, cos(mul(constant(TWO_PI), v))), shape);
}
