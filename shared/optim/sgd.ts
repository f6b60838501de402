import { assertFinite } from "../base/assert.ts";
import { add, mul, sub } from "../graph/ops.ts";
import type { SgdPlan } from "../train/localPlan.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Stochastic gradient descent with heavy-ball momentum and weight decay as an L2 term of the gradient.
 *
 *   g = grad + weightDecay · param;   v = momentum · v + g;   param = param - learningRate · v
 *
 * As PyTorch's SGD with dampening 0 (its first v is g, as here, where v begins at zero). A term whose factor is 0 is
 * left out of the graph; plain SGD is exactly `param - learningRate · grad`, the form that backends fuse.
 * @throws RangeError unless learningRate > 0, 0 <= momentum < 1, weightDecay >= 0.
 */
export function sgd({ learningRate, momentum = 0, weightDecay = 0 }: Omit<SgdPlan, "kind">): Optimizer {
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  assertFinite("momentum", momentum, 0, 1 - Number.EPSILON);
  assertFinite("weightDecay", weightDecay, 0);
  const hasMomentum = momentum > 0;
  const hasDecay = weightDecay > 0;
  return {
    slots: hasMomentum ? ["momentum"] : [],
    hyper: { learningRate, ...(hasMomentum && { momentum }), ...(hasDecay && { weightDecay }) },
    step({ param, grad, slots, hyper }) {
      const g = hasDecay ? add(grad, mul(hyper.weightDecay!, param)) : grad;
      const v = hasMomentum ? add(mul(hyper.momentum!, slots[0]!), g) : g;
      return { param: sub(param, mul(hyper.learningRate!, v)), slots: hasMomentum ? [v] : [] };
    },
  };
}
