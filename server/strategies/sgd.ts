import { assertFinite } from "../../shared/base/assert.ts";
import type { ServerOptimizer } from "./serverOptimizer.ts";

export interface SgdOptions {
  /** > 0; with 1 the aggregated delta is added as it is, which makes FedOpt the FedAvg of McMahan et al. 2017. */
  readonly learningRate: number;
}

/**
 * Plain gradient descent on the server: params - learningRate x pseudoGradient, computed in f64 and rounded once to f32.
 * @throws RangeError unless the learning rate is positive.
 */
export function sgd({ learningRate }: SgdOptions): ServerOptimizer<null> {
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  return {
    init: () => null,
    step(state, params, pseudoGradient) {
      if (params.length !== pseudoGradient.length) {
        throw new RangeError(`"pseudoGradient" expected ${params.length} values, got ${pseudoGradient.length}`);
      }
      const next = new Float32Array(params.length);
      for (let i = 0; i < params.length; i++) {
        next[i] = (params[i] as number) - learningRate * (pseudoGradient[i] as number);
        if (!Number.isFinite(next[i])) throw new RangeError(`new param ${i} expected a finite value, got ${next[i]}`);
      }
      return { state, params: next };
    },
  };
}
