import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, div, mul, sqrt, sub } from "../graph/ops.ts";
import type { Optimizer } from "./optimizer.ts";
import { epsilonSchema, learningRateSchema, weightDecaySchema } from "./planBounds.ts";

export const adagradPlanSchema = v.strictObject({
  kind: v.literal("adagrad"),
  learningRate: learningRateSchema,
  /** 1e-10 when absent. */
  epsilon: v.exactOptional(epsilonSchema),
  /** L2 term of the gradient; 0 when absent. */
  weightDecay: v.exactOptional(weightDecaySchema),
});

/**
 * Adagrad: the gradient divided by the root of the sum of all its squares so far.
 *
 *   s = s + g²;   param = param - learningRate · g / (√s + epsilon)
 *
 * Source: Duchi, Hazan, Singer 2011, JMLR 12; epsilon outside the root, as PyTorch.
 * @throws RangeError unless learningRate > 0.
 */
export function adagrad(plan: Omit<v.InferOutput<typeof adagradPlanSchema>, "kind">): Optimizer {
  const { learningRate, epsilon = 1e-10, weightDecay = 0 } = plan;
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  const hasDecay = weightDecay > 0;
  return {
    slots: ["square"],
    hyper: { learningRate, epsilon, ...(hasDecay && { weightDecay }) },
    step({ param, grad, slots: [square], hyper }) {
      const g = hasDecay ? add(grad, mul(hyper.weightDecay!, param)) : grad;
      const next = add(square!, mul(g, g));
      return { param: sub(param, mul(hyper.learningRate!, div(g, add(sqrt(next), hyper.epsilon!)))), slots: [next] };
    },
  };
}
