import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, constant, div, greater, mul, reduceSum, sqrt, sub, where } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";
import { biasCorrection, firstMoment, momentsPlanEntries, secondMoment } from "./moments.ts";
import type { Optimizer } from "./optimizer.ts";

export const lambPlanSchema = v.strictObject({ kind: v.literal("lamb"), ...momentsPlanEntries });

/**
 * LAMB: an AdamW direction for each array of params, scaled to the norm of that array.
 *
 *   r = m̂ / (√v̂ + epsilon) + weightDecay · param;   param = param - learningRate · (‖param‖ / ‖r‖) · r
 *
 * The ratio is 1 where either norm is 0. Epsilon is 1e-6 when absent. Source: You et al. 2020, Algorithm 2, arXiv:1904.00962.
 * @throws RangeError unless learningRate > 0.
 */
export function lamb(plan: Omit<v.InferOutput<typeof lambPlanSchema>, "kind">): Optimizer {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6, weightDecay = 0 } = plan;
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  const hasDecay = weightDecay > 0;
  return {
    slots: ["first", "second"],
    hyper: { learningRate, beta1, beta2, epsilon, ...(hasDecay && { weightDecay }) },
    scalars: biasCorrection,
    step({ param, grad, slots: [first, second], hyper }) {
      const m = firstMoment(first!, grad, hyper);
      const s = secondMoment(second!, grad, hyper);
      const adaptive = div(div(m, hyper.correction1!), add(div(sqrt(s), hyper.rootCorrection2!), hyper.epsilon!));
      const r = hasDecay ? add(adaptive, mul(hyper.weightDecay!, param)) : adaptive;
      const stepSize = mul(hyper.learningRate!, trustRatio(norm(param), norm(r)));
      return { param: sub(param, mul(stepSize, r)), slots: [m, s] };
    },
  };
}

function norm(x: Tensor): Tensor {
  return sqrt(reduceSum(mul(x, x)));
}

/** 1 where a norm is 0: an array that begins at zero must be able to move. */
function trustRatio(param: Tensor, update: Tensor): Tensor {
  const one = constant(1);
  const bothMove = mul(greater(param, constant(0)), greater(update, constant(0)));
  return where(bothMove, div(param, where(bothMove, update, one)), one);
}
