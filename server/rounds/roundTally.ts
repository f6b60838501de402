import type { Metrics } from "../../shared/protocol/metrics.ts";
import type { Aggregator } from "../strategies/aggregator.ts";

/** A durable update as it is folded. */
export interface TalliedUpdate {
  readonly delta: Float32Array;
  readonly weight: number;
  /** What the client says about its training: hints, never weights. */
  readonly metrics: Metrics;
}

/** The running aggregate of one attempt, and the figures beside it. */
export interface RoundTally {
  /** @throws RangeError, with nothing changed, if the update is beyond the plan's bounds. */
  add(update: TalliedUpdate): void;
  /** The aggregated delta, [numParams]. */
  finish(): Float64Array;
  /** `examples`, and `trainLoss` weighted by examples over the clients that report a finite one. */
  metrics(): Metrics;
}

export function createRoundTally(aggregator: Aggregator): RoundTally {
  let lossSum = 0;
  let lossWeight = 0;
  return {
    add({ delta, weight, metrics }) {
      aggregator.add({ delta, weight });
      const { trainLoss } = metrics;
      // A client may report anything finite; what cannot be a loss must not spoil the mean.
      if (trainLoss === undefined || trainLoss < 0 || trainLoss > 1e6) return;
      lossSum += weight * trainLoss;
      lossWeight += weight;
    },
    finish: () => aggregator.finish(),
    metrics: () => ({
      examples: aggregator.totalWeight,
      ...(lossWeight > 0 ? { trainLoss: lossSum / lossWeight } : {}),
    }),
  };
}
