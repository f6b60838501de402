import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, constant, div, mul, sqrt, sub } from "../graph/ops.ts";
import { biasCorrection, firstMoment, momentsPlanEntries, secondMoment } from "./moments.ts";
import type { Optimizer } from "./optimizer.ts";

/** `adam` adds the weight decay to the gradient (L2), `adamw` takes it off the param (decoupled). */
export const adamPlanSchema = v.strictObject({ kind: v.picklist(["adam", "adamw"]), ...momentsPlanEntries });

/**
 * Adam and AdamW: the running mean of the gradient over the root of the running mean of its square, both without bias.
 *
 *   m = beta1 · m + (1 - beta1) · g;   v = beta2 · v + (1 - beta2) · g²
 *   param = param - learningRate / (1 - beta1ᵗ) · m / (√v / √(1 - beta2ᵗ) + epsilon)
 *
 * `adam`: g = grad + weightDecay · param. `adamw`: param is first shrunk by 1 - learningRate · weightDecay, with 0.01 when
 * absent, as PyTorch. Epsilon is 1e-8 when absent.
 * Source: Kingma and Ba 2015, Algorithm 1, arXiv:1412.6980; Loshchilov and Hutter 2019, Algorithm 2, arXiv:1711.05101.
 * @throws RangeError unless learningRate > 0.
 */
export function adam(plan: v.InferOutput<typeof adamPlanSchema>): Optimizer {
  const isDecoupled = plan.kind === "adamw";
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = isDecoupled ? 0.01 : 0 } = plan;
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  const hasDecay = weightDecay > 0;
  return {
    slots: ["first", "second"],
    hyper: { learningRate, beta1, beta2, epsilon, ...(hasDecay && { weightDecay }) },
    scalars(hyper, step) {
      const corrected = biasCorrection(hyper, step);
      return {
        ...corrected,
        stepSize: div(hyper.learningRate!, corrected.correction1!),
        ...(hasDecay && { shrink: sub(constant(1), mul(hyper.learningRate!, hyper.weightDecay!)) }),
      };
    },
    step({ param, grad, slots: [first, second], hyper }) {
      const g = hasDecay && !isDecoupled ? add(grad, mul(hyper.weightDecay!, param)) : grad;
      const m = firstMoment(first!, g, hyper);
      const s = secondMoment(second!, g, hyper);
      const direction = div(m, add(div(sqrt(s), hyper.rootCorrection2!), hyper.epsilon!));
      const kept = hasDecay && isDecoupled ? mul(hyper.shrink!, param) : param;
      return { param: sub(kept, mul(hyper.stepSize!, direction)), slots: [m, s] };
    },
  };
}
