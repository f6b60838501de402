import { add, constant, mul, reduceSum, reshape, rsqrt } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** Added to a squared length, so that the direction of a zero vector is 0 and not NaN. */
const EPSILON = 1e-12;

/** Vectors along the last axis scaled to a length of 1. */
export function unitVectors(x: Tensor): Tensor {
  return mul(x, reshape(inverseLength(x), [...x.shape.slice(0, -1), 1]));
}

/** Cosine of the angle between vectors along the last axis, which disappears; 0 for a zero vector. */
export function cosineSimilarity(a: Tensor, b: Tensor): Tensor {
  const last = a.shape.length - 1;
  return mul(mul(reduceSum(mul(a, b), [last]), inverseLength(a)), inverseLength(b));
}

function inverseLength(x: Tensor): Tensor {
  return rsqrt(add(reduceSum(mul(x, x), [x.shape.length - 1]), constant(EPSILON)));
}
