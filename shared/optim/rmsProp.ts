import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, constant, div, mul, sqrt, sub } from "../graph/ops.ts";
import type { Optimizer } from "./optimizer.ts";
import { decaySchema, epsilonSchema, learningRateSchema, weightDecaySchema } from "./planBounds.ts";

export const rmsPropPlanSchema = v.strictObject({
  kind: v.literal("rmsprop"),
  learningRate: learningRateSchema,
  /** 0.99 when absent. */
  decay: v.exactOptional(decaySchema),
  /** 1e-8 when absent. */
  epsilon: v.exactOptional(epsilonSchema),
  /** 0 when absent. */
  momentum: v.exactOptional(decaySchema),
  /** L2 term of the gradient; 0 when absent. */
  weightDecay: v.exactOptional(weightDecaySchema),
});

/**
 * RMSProp, not centred: the gradient divided by the root of a running mean of its square, then heavy-ball momentum.
 *
 *   s = decay · s + (1 - decay) · g²;   b = momentum · b + g / (√s + epsilon);   param = param - learningRate · b
 *
 * Source: Tieleman and Hinton 2012, lecture 6.5; epsilon outside the root, as PyTorch.
 * @throws RangeError unless learningRate > 0.
 */
export function rmsProp(plan: Omit<v.InferOutput<typeof rmsPropPlanSchema>, "kind">): Optimizer {
  const { learningRate, decay = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = plan;
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  const hasMomentum = momentum > 0;
  const hasDecay = weightDecay > 0;
  return {
    slots: ["square", ...(hasMomentum ? ["momentum"] : [])],
    hyper: { learningRate, decay, epsilon, ...(hasMomentum && { momentum }), ...(hasDecay && { weightDecay }) },
    scalars: (hyper) => ({ ...hyper, rest: sub(constant(1), hyper.decay!) }),
    step({ param, grad, slots: [square, before], hyper }) {
      const g = hasDecay ? add(grad, mul(hyper.weightDecay!, param)) : grad;
      const nextSquare = add(mul(hyper.decay!, square!), mul(hyper.rest!, mul(g, g)));
      const scaled = div(g, add(sqrt(nextSquare), hyper.epsilon!));
      const direction = hasMomentum ? add(mul(hyper.momentum!, before!), scaled) : scaled;
      return {
        param: sub(param, mul(hyper.learningRate!, direction)),
        slots: hasMomentum ? [nextSquare, direction] : [nextSquare],
      };
    },
  };
}
