import { constant, mul, reduceMean, reduceSum } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** Mean over all axes but the first: [batch, ...] -> [batch]. */
export function exampleMean(values: Tensor): Tensor {
  return reduceMean(values, innerAxes(values));
}

/** Sum over all axes but the first: [batch, ...] -> [batch]. */
export function exampleSum(values: Tensor): Tensor {
  return reduceSum(values, innerAxes(values));
}

/** factor · values; a factor of 1 costs nothing. */
export function scaled(values: Tensor, factor: number): Tensor {
  return mul(constant(factor), values);
}

function innerAxes({ shape }: Tensor): number[] {
  return shape.slice(1).map((_, i) => i + 1);
}
