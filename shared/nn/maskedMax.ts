import { abs, constant, greater, reduceMax, where } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Below every value that a network computes with, and finite, so that 0 times it is 0. */
const LOWEST = -3e38;

/**
 * Largest value over one axis of those whose mask is not 0; 0 where there is none.
 * Shapes: x and mask have as many axes and broadcast; `axis` disappears.
 */
export function maskedMax(x: Tensor, mask: Tensor, axis: number): Tensor {
  const isKept = greater(abs(mask), constant(0));
  const largest = reduceMax(where(isKept, x, constant(LOWEST)), [axis]);
  return where(reduceMax(isKept, [axis]), largest, constant(0));
}
