import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, div, greater, mul, sqrt, sub } from "../graph/ops.ts";
import { biasCorrection, firstMoment, momentsPlanEntries } from "./moments.ts";
import type { Optimizer } from "./optimizer.ts";

export const yogiPlanSchema = v.strictObject({ kind: v.literal("yogi"), ...momentsPlanEntries });

/**
 * Yogi: Adam whose second moment moves by at most (1 - beta2) · g² a step, so that rare large gradients are not forgotten fast.
 *
 *   v = v - (1 - beta2) · sign(v - g²) · g²
 *
 * Weight decay is an L2 term of the gradient. Epsilon is 1e-3 when absent, the paper's choice. Bias correction as in Adam.
 * Source: Zaheer et al. 2018, Algorithm 2, "Adaptive Methods for Nonconvex Optimization"; both moments begin at zero.
 * @throws RangeError unless learningRate > 0.
 */
export function yogi(plan: Omit<v.InferOutput<typeof yogiPlanSchema>, "kind">): Optimizer {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-3, weightDecay = 0 } = plan;
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  const hasDecay = weightDecay > 0;
  return {
    slots: ["first", "second"],
    hyper: { learningRate, beta1, beta2, epsilon, ...(hasDecay && { weightDecay }) },
    scalars(hyper, step) {
      const corrected = biasCorrection(hyper, step);
      return { ...corrected, stepSize: div(hyper.learningRate!, corrected.correction1!) };
    },
    step({ param, grad, slots: [first, second], hyper }) {
      const g = hasDecay ? add(grad, mul(hyper.weightDecay!, param)) : grad;
      const square = mul(g, g);
      const m = firstMoment(first!, g, hyper);
      const sign = sub(greater(second!, square), greater(square, second!));
      const s = sub(second!, mul(hyper.rest2!, mul(sign, square)));
      const direction = div(m, add(div(sqrt(s), hyper.rootCorrection2!), hyper.epsilon!));
      return { param: sub(param, mul(hyper.stepSize!, direction)), slots: [m, s] };
    },
  };
}
