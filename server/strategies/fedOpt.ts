import type { DeltaFoldFactory } from "./aggregator.ts";
import { averageStatistics, type ParamsRange } from "./averageStatistics.ts";
import type { ServerOptimizer } from "./serverOptimizer.ts";
import type { ServerState, Strategy } from "./strategy.ts";

/** What a state of FedOpt calls the last aggregated delta, where its fold asks for it. */
export const LAST_AGGREGATE = "aggregate";

export interface FedOptOptions {
  /** Keeps the aggregated delta in the state, as the vector `LAST_AGGREGATE`. */
  readonly keepsAggregate?: boolean;
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
  { keepsAggregate = false, statistics = [] }: FedOptOptions = {},
): Strategy {
  function step(state: ServerState, delta: Float64Array): ServerState {
    // delta = local - received, so the descent direction that an optimizer expects is -delta.
    const { params, vectors } = serverOptimizer.step(state, negated(delta));
    return {
      params: averageStatistics(params, state.params, delta, statistics),
      vectors: keepsAggregate ? new Map([...vectors, [LAST_AGGREGATE, delta]]) : vectors,
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
          return delta instanceof Promise ? delta.then((known) => step(state, known)) : step(state, delta);
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
