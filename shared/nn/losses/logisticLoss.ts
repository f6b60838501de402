import { abs, add, constant, exp, log, neg, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { scaled } from "./exampleMean.ts";

/**
 * log(1 + e^-x), element by element: minus the logarithm of sigmoid(x).
 * Never overflows, and its gradient is right at 0 too, where the logits of params that begin at zero lie:
 * (|x| - x)/2 + log(1 + e^-|x|), with |x|' = 0 there.
 */
export function logisticLoss(x: Tensor): Tensor {
  const size = abs(x);
  return add(scaled(sub(size, x), 0.5), log(add(constant(1), exp(neg(size)))));
}
