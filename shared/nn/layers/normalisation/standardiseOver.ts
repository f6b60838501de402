import { add, constant, mul, reduceMean, reshape, rsqrt, sub } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";

/** Mean and variance over some axes, which stay as size 1, and x with mean 0 and variance 1 over them. */
export interface Standardised {
  readonly y: Tensor;
  readonly mean: Tensor;
  /** Σ (x - mean)² / count. */
  readonly variance: Tensor;
}

/** (x - mean) / sqrt(variance + epsilon) over the axes. */
export function standardiseOver(x: Tensor, axes: readonly number[], epsilon: number): Standardised {
  const mean = keptMean(x, axes);
  const centred = sub(x, mean);
  const variance = keptMean(mul(centred, centred), axes);
  return { y: mul(centred, rsqrt(add(variance, constant(epsilon)))), mean, variance };
}

/** Mean over the axes, which stay as size 1. */
export function keptMean(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return reshape(reduceMean(x, axes), kept);
}
