import { assertFinite, assertInteger, assertPositiveInteger } from "../../../shared/base/assert.ts";
import type { Aggregator, PartialAggregate, WeightedDelta } from "../aggregator.ts";
import { assertBounded } from "./assertBounded.ts";
import { exactSum } from "./exactSum.ts";

export interface WeightedMeanOptions {
  readonly numParams: number;
  /** Largest |delta| that an update may hold, > 0. Fixed by the plan. */
  readonly maxAbsDelta: number;
  /** Largest sum of weights of one round: cohort size x the largest weight of one client. Fixed by the plan. */
  readonly maxTotalWeight: number;
}

/** A weight of at most 29 bits times an f32 (24 bits) is exact in f64 (53 bits). */
export const MAX_WEIGHT = 2 ** 29;

/**
 * Mean of the deltas weighted by example counts, by an exact sum.
 *
 *   mean = (Σ snap(weight · delta)) / Σ weight
 *
 * One division rounds at the end. With p the smallest power of two >= maxAbsDelta · maxTotalWeight, the error against
 * the real mean is below numUpdates · p · 2^-52 / totalWeight.
 * @throws TypeError or RangeError if an option is out of range.
 */
export function weightedMean({ numParams, maxAbsDelta, maxTotalWeight }: WeightedMeanOptions): Aggregator {
  assertPositiveInteger("numParams", numParams);
  assertFinite("maxAbsDelta", maxAbsDelta, 2 ** -149, 2 ** 128);
  assertInteger("maxTotalWeight", maxTotalWeight, 1, 2 ** 52);
  const sum = exactSum({ length: numParams, maxAbsSum: maxAbsDelta * maxTotalWeight });
  let totalWeight = 0;
  let numUpdates = 0;

  function assertRoom(weight: number): void {
    if (totalWeight + weight > maxTotalWeight) {
      throw new RangeError(`total weight expected <= ${maxTotalWeight}, got ${totalWeight + weight}`);
    }
  }

  return {
    get numUpdates() {
      return numUpdates;
    },
    get totalWeight() {
      return totalWeight;
    },
    add({ delta, weight }: WeightedDelta) {
      assertInteger("weight", weight, 1, MAX_WEIGHT);
      assertRoom(weight);
      assertBounded("delta", delta, { length: numParams, maxAbs: maxAbsDelta });
      sum.add(delta, weight);
      totalWeight += weight;
      numUpdates += 1;
    },
    partial: () => ({ sum: sum.values.slice(), totalWeight, numUpdates }),
    merge(other: PartialAggregate) {
      assertInteger("totalWeight", other.totalWeight, 0);
      assertInteger("numUpdates", other.numUpdates, 0, other.totalWeight);
      assertRoom(other.totalWeight);
      // Snapping may take each product half a grid step beyond the bound.
      const largest = other.totalWeight * maxAbsDelta * sum.gridPointsPerUnit + other.numUpdates / 2 + 1;
      assertOnGrid(other.sum, numParams, sum.gridPointsPerUnit, largest);
      for (let i = 0; i < numParams; i++) sum.values[i] = (sum.values[i] as number) + (other.sum[i] as number);
      totalWeight += other.totalWeight;
      numUpdates += other.numUpdates;
    },
    finish() {
      if (numUpdates === 0) throw new RangeError("a mean expected at least one update, got none");
      return sum.dividedBy(totalWeight);
    },
  };
}

function assertOnGrid(sum: Float64Array, numParams: number, gridPointsPerUnit: number, largest: number): void {
  if (sum.length !== numParams) throw new RangeError(`"sum" expected ${numParams} values, got ${sum.length}`);
  for (let i = 0; i < numParams; i++) {
    const steps = (sum[i] as number) * gridPointsPerUnit; // exact: a power of two
    if (!Number.isInteger(steps) || Math.abs(steps) > largest) {
      throw new RangeError(`partial sum ${sum[i]} at ${i} expected on the plan's grid and within its bounds`);
    }
  }
}
