import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, mul, sub } from "../graph/ops.ts";
import type { Optimizer } from "./optimizer.ts";
import { decaySchema, learningRateSchema, weightDecaySchema } from "./planBounds.ts";

export const sgdPlanSchema = v.strictObject({
  kind: v.literal("sgd"),
  learningRate: learningRateSchema,
  /** 0 when absent. */
  momentum: v.exactOptional(decaySchema),
  /** Looks ahead along the momentum; needs one. */
  nesterov: v.exactOptional(v.boolean()),
  /** 0 when absent. */
  weightDecay: v.exactOptional(weightDecaySchema),
});

/** SGD as a plan asks for it. */
export type SgdPlan = Readonly<v.InferOutput<typeof sgdPlanSchema>>;

/**
 * Stochastic gradient descent with momentum and weight decay as an L2 term of the gradient.
 *
 *   g = grad + weightDecay · param;   v = momentum · v + g;   param = param - learningRate · v
 *
 * With `nesterov` the last step takes g + momentum · v. As PyTorch's SGD with dampening 0 (its first v is g, as here, where v
 * begins at zero). A term whose factor is 0 is left out of the graph; plain SGD is exactly `param - learningRate · grad`, the
 * form that backends fuse.
 * @throws RangeError unless learningRate > 0, 0 <= momentum < 1, weightDecay >= 0; TypeError for nesterov without momentum.
 */
export function sgd(plan: Omit<SgdPlan, "kind">): Optimizer {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = plan;
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  assertFinite("momentum", momentum, 0, 1 - Number.EPSILON);
  assertFinite("weightDecay", weightDecay, 0);
  const hasMomentum = momentum > 0;
  const hasDecay = weightDecay > 0;
  if (nesterov && !hasMomentum) throw new TypeError('"nesterov" expected a momentum above 0, got 0');
  return {
    slots: hasMomentum ? ["momentum"] : [],
    hyper: { learningRate, ...(hasMomentum && { momentum }), ...(hasDecay && { weightDecay }) },
    step({ param, grad, slots, hyper }) {
      const g = hasDecay ? add(grad, mul(hyper.weightDecay!, param)) : grad;
      const velocity = hasMomentum ? add(mul(hyper.momentum!, slots[0]!), g) : g;
      const direction = nesterov ? add(g, mul(hyper.momentum!, velocity)) : velocity;
      return { param: sub(param, mul(hyper.learningRate!, direction)), slots: hasMomentum ? [velocity] : [] };
    },
  };
}
