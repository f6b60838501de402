import type { AggregatorFactory } from "./aggregator.ts";
import type { ServerOptimizer } from "./serverOptimizer.ts";
import type { Strategy } from "./strategy.ts";

/**
 * FedOpt: fold the cohort's deltas with one aggregator, then take one server-optimizer step.
 * FedAvg is `fedOpt(() => weightedMean(bounds), sgd({ learningRate: 1 }))`. FedAvgM and FedAdam change only the
 * optimizer; a robust rule (median, Krum) changes only the aggregator.
 * Source: Reddi et al. 2021, Algorithm 1, arXiv:2003.00295.
 */
export function fedOpt(createAggregator: AggregatorFactory, serverOptimizer: ServerOptimizer): Strategy {
  return {
    init: (params) => ({ params, vectors: serverOptimizer.init(params.length) }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound(state) {
      const aggregator = createAggregator();
      return {
        get numUpdates() {
          return aggregator.numUpdates;
        },
        get totalWeight() {
          return aggregator.totalWeight;
        },
        add: (contribution) => aggregator.add(contribution),
        finish() {
          const pseudoGradient = aggregator.finish();
          // delta = local - received, so the descent direction that an optimizer expects is -delta.
          for (let i = 0; i < pseudoGradient.length; i++) pseudoGradient[i] = -(pseudoGradient[i] as number);
          return serverOptimizer.step(state, pseudoGradient);
        },
      };
    },
  };
}
