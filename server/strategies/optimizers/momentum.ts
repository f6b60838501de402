import { assertFinite } from "../../../shared/base/assert.ts";
import { roundParams } from "../roundParams.ts";
import type { ServerOptimizer } from "../serverOptimizer.ts";

export interface MomentumOptions {
  /** > 0. */
  readonly learningRate: number;
  /** Share of the last step's velocity that stays, in [0, 1). */
  readonly momentum: number;
}

/**
 * Gradient descent with momentum on the server, which makes FedOpt the FedAvgM of Hsu et al. 2019, arXiv:1909.06335:
 *
 *   velocity = momentum · velocity + pseudoGradient;   params = params - learningRate · velocity
 *
 * The velocity begins at zero and stays in f64.
 * @throws RangeError or TypeError if an option is out of range.
 */
export function momentumSgd({ learningRate, momentum }: MomentumOptions): ServerOptimizer {
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  assertFinite("momentum", momentum, 0, 1 - Number.EPSILON);
  return {
    init: (numParams) => new Map([["velocity", new Float64Array(numParams)]]),
    step({ params, vectors }, pseudoGradient) {
      const previous = vectors.get("velocity") as Float64Array;
      const velocity = pseudoGradient.map((gradient, i) => momentum * (previous[i] as number) + gradient);
      return {
        params: roundParams(params, velocity, (param, step) => param - learningRate * step),
        vectors: new Map([["velocity", velocity]]),
      };
    },
  };
}
