import { constant, div, maximum, mul, reduceSum, reshape } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";
import { maskedMax } from "./maskedMax.ts";

/** From x [batch, rows, features] and mask [batch, rows, 1] to [batch, features]. */
const poolings = {
  sum: (x, mask) => reduceSum(mul(x, mask), [1]),
  mean: (x, mask) => div(reduceSum(mul(x, mask), [1]), maximum(reduceSum(mask, [1]), constant(1))),
  max: (x, mask) => maskedMax(x, mask, 1),
} satisfies Record<string, (x: Tensor, mask: Tensor) => Tensor>;

export type Pooling = keyof typeof poolings;

export const POOLINGS = Object.keys(poolings) as Pooling[];

/**
 * The sum, mean or maximum of the rows that the mask keeps, 0 where it keeps none.
 * Shapes: x [batch, rows, features], mask [batch, rows] of 0 and 1 -> [batch, features].
 */
export function poolRows(pooling: Pooling, x: Tensor, mask: Tensor): Tensor {
  return poolings[pooling](x, reshape(mask, [...mask.shape, 1]));
}
