import type { DeltaFold, DeltaFoldFactory } from "./aggregator.ts";
import { averageStatistics, type ParamsRange } from "./averageStatistics.ts";
import type { ServerOptimizer } from "./serverOptimizer.ts";
import type { ServerState, Strategy } from "./strategy.ts";

export interface FedOptOptions {
  /** Running statistics among the params, which take the aggregated delta whatever the optimizer; none when absent. */
  readonly statistics?: readonly ParamsRange[];
}

/**
 * FedOpt: fold the cohort's deltas into one, then take one server-optimizer step.
 * FedAvg is `fedOpt(() => weightedMean(bounds), sgd({ learningRate: 1 }))`. FedAvgM and FedAdam change only the
 * optimizer; a robust rule (median, Krum) changes only the fold.
 * Source: Reddi et al. 2021, Algorithm 1, arXiv:2003.00295.
 */
export function fedOpt(
  openFold: DeltaFoldFactory,
  serverOptimizer: ServerOptimizer,
  { statistics = [] }: FedOptOptions = {},
): Strategy {
  function step(state: ServerState, delta: Float64Array, kept: DeltaFold["kept"] = new Map()): ServerState {
    // delta = local - received, so the descent direction that an optimizer expects is -delta.
    const { params, vectors } = serverOptimizer.step(state, negated(delta));
    return {
      params: averageStatistics(params, state.params, delta, statistics),
      vectors: new Map([...vectors, ...kept]),
    };
  }

  return {
    init: (params) => ({ params, vectors: serverOptimizer.init(params.length) }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound(state) {
      const fold = openFold(state);
      return {
        get numUpdates() {
          return fold.numUpdates;
        },
        get totalWeight() {
          return fold.totalWeight;
        },
        add: (contribution) => fold.add(contribution),
        finish(inputs) {
          const delta = fold.finish(inputs);
          if (delta instanceof Promise) return delta.then((known) => step(state, known, fold.kept));
          return step(state, delta, fold.kept);
        },
      };
    },
  };
}

function negated(values: Float64Array): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = -(values[i] as number);
  return result;
}
