import { assertFinite } from "../../../shared/base/assert.ts";
import { roundParams } from "../roundParams.ts";
import type { ServerOptimizer } from "../serverOptimizer.ts";

export interface SgdOptions {
  /** > 0; with 1 the aggregated delta is added as it is, which makes FedOpt the FedAvg of McMahan et al. 2017. */
  readonly learningRate: number;
}

/**
 * Plain gradient descent on the server: params - learningRate x pseudoGradient, computed in f64 and rounded once to f32.
 * @throws RangeError unless the learning rate is positive.
 */
export function sgd({ learningRate }: SgdOptions): ServerOptimizer {
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  return {
    init: () => new Map(),
    step({ params, vectors }, pseudoGradient) {
      return {
        params: roundParams(params, pseudoGradient, (param, gradient) => param - learningRate * gradient),
        vectors,
      };
    },
  };
}
