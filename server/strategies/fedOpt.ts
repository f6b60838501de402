import type { AggregatorFactory } from "./aggregator.ts";
import type { ServerOptimizer } from "./serverOptimizer.ts";
import type { Strategy } from "./strategy.ts";

/**
 * FedOpt: fold the cohort's deltas with one aggregator, then take one server-optimizer step.
 * FedAvg is `fedOpt(() => weightedMean(bounds), sgd({ learningRate: 1 }))`. FedAvgM and FedAdam change only the
 * optimizer; a robust rule (median, Krum) changes only the aggregator.
 * Source: Reddi et al. 2021, Algorithm 1, arXiv:2003.00295.
 */
export function fedOpt<S>(createAggregator: AggregatorFactory, serverOptimizer: ServerOptimizer<S>): Strategy<S> {
  return {
    createAggregator,
    init: (numParams) => serverOptimizer.init(numParams),
    applyRound(state, params, meanDelta) {
      // delta = local - received, so the descent direction that an optimizer expects is -delta.
      const pseudoGradient = new Float64Array(meanDelta.length);
      for (let i = 0; i < meanDelta.length; i++) pseudoGradient[i] = -(meanDelta[i] as number);
      return serverOptimizer.step(state, params, pseudoGradient);
    },
  };
}
