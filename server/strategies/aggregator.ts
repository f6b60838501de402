import type { Contribution, RoundInputs, ServerState } from "./strategy.ts";

/** One client's contribution to the aggregate. */
export interface WeightedDelta {
  /** local params - received params, [numParams]; only read. */
  readonly delta: Float32Array;
  /** Aggregation weight: the client's example count, a whole number >= 1. */
  readonly weight: number;
}

/** What one worker or gateway has folded so far: travels to another aggregator of the same plan and is merged there. */
export interface PartialAggregate {
  /** Sum of weight x delta on the plan's grid, [numParams]. */
  readonly sum: Float64Array;
  readonly totalWeight: number;
  readonly numUpdates: number;
}

/**
 * Turns the deltas of one round attempt into one delta. Streaming: memory is O(numParams), not O(cohort).
 * The result is a function of the set of updates: neither order nor partition into partial aggregates changes a bit.
 */
export interface Aggregator {
  readonly numUpdates: number;
  readonly totalWeight: number;
  /** @throws RangeError, with nothing changed, if the update is beyond the plan's bounds. */
  add(update: WeightedDelta): void;
  /** A copy of what was folded so far. */
  partial(): PartialAggregate;
  /** @throws RangeError, with nothing changed, if the partial aggregate cannot come from the same plan. */
  merge(other: PartialAggregate): void;
  /** The aggregated delta, [numParams], a new array. @throws RangeError before the first update. */
  finish(): Float64Array;
}

/** What folds the deltas of one round attempt into one: an `Aggregator`, or a rule that needs all of them at once. */
export interface DeltaFold {
  readonly numUpdates: number;
  readonly totalWeight: number;
  /** @throws RangeError, with nothing changed, if the update is beyond the plan's bounds. */
  add(contribution: Contribution): void;
  /** The aggregated delta, [numParams], a new array. @throws RangeError before the first update. */
  finish(inputs: RoundInputs): Float64Array | Promise<Float64Array>;
  /** What the fold after this one is to find in the state, once this one is finished; nothing when absent. */
  readonly kept?: ReadonlyMap<string, Float64Array>;
}

/** Makes the fold of one attempt at the round that follows a state. */
export type DeltaFoldFactory = (state: ServerState) => DeltaFold;
