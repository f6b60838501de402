import type { AggregatorFactory } from "./aggregator.ts";
import type { Stepped } from "./serverOptimizer.ts";

/** How a round's updates become the next global params: an aggregator, a server optimizer, and its state. */
export interface Strategy<S = unknown> {
  /** A fresh aggregator for each round attempt. */
  readonly createAggregator: AggregatorFactory;
  /** The state before round 0. */
  init(numParams: number): S;
  /**
   * The state and params after a round. Pure: the same arguments give the same bytes on every machine.
   * `params` are the global params that the cohort received, `meanDelta` what its aggregator finished with.
   */
  applyRound(state: S, params: Float32Array, meanDelta: Float64Array): Stepped<S>;
}
