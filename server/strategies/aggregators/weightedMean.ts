import { assertFinite, assertInteger, assertPositiveInteger } from "../../../shared/base/assert.ts";
import { INFINITY_BITS, magnitudeOfBits, maxMagnitudeBits } from "../../../shared/codec/finite.ts";
import type { Aggregator, PartialAggregate, WeightedDelta } from "../aggregator.ts";

export interface WeightedMeanOptions {
  readonly numParams: number;
  /** Largest |delta| that an update may hold, > 0. Fixed by the plan. */
  readonly maxAbsDelta: number;
  /** Largest sum of weights of one round: cohort size x the largest weight of one client. Fixed by the plan. */
  readonly maxTotalWeight: number;
}

/** A weight of at most 29 bits times an f32 (24 bits) is exact in f64 (53 bits). */
const MAX_WEIGHT = 2 ** 29;

/**
 * Mean of the deltas weighted by example counts, by an exact fold.
 *
 *   mean = (Σ snap(weight · delta)) / Σ weight
 *
 * `snap` rounds each product to a multiple of a power of two that the plan fixes: with p the smallest power of two
 * >= maxAbsDelta · maxTotalWeight, the multiples of p · 2^-51. Every partial sum is then such a multiple below
 * 2^53 of them, so every f64 addition is exact, and the sum is the same for every order, partition and machine.
 * Snapping is adding and taking away 3p: in [2p, 4p] neighbouring f64 values are p · 2^-51 apart. (One bit coarser
 * than 53 bits would allow, so that a single client may carry the whole weight with either sign.)
 * One division rounds at the end. Error against the real mean: below numUpdates · p · 2^-52 / totalWeight.
 * @throws TypeError or RangeError if an option is out of range.
 */
export function weightedMean({ numParams, maxAbsDelta, maxTotalWeight }: WeightedMeanOptions): Aggregator {
  assertPositiveInteger("numParams", numParams);
  assertFinite("maxAbsDelta", maxAbsDelta, 2 ** -149, 2 ** 128);
  assertInteger("maxTotalWeight", maxTotalWeight, 1, 2 ** 52);
  const p = powerOfTwoAtLeast(maxAbsDelta * maxTotalWeight);
  const snapper = 3 * p;
  const gridPointsPerUnit = 2 ** 51 / p;
  const sum = new Float64Array(numParams);
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
      assertBounded(delta, numParams, maxAbsDelta);
      foldInto(sum, delta, weight, snapper);
      totalWeight += weight;
      numUpdates += 1;
    },
    partial: () => ({ sum: sum.slice(), totalWeight, numUpdates }),
    merge(other: PartialAggregate) {
      assertInteger("totalWeight", other.totalWeight, 0);
      assertInteger("numUpdates", other.numUpdates, 0, other.totalWeight);
      assertRoom(other.totalWeight);
      // Snapping may take each product half a grid step beyond the bound.
      const largest = other.totalWeight * maxAbsDelta * gridPointsPerUnit + other.numUpdates / 2 + 1;
      assertOnGrid(other.sum, numParams, gridPointsPerUnit, largest);
      for (let i = 0; i < numParams; i++) sum[i] = (sum[i] as number) + (other.sum[i] as number);
      totalWeight += other.totalWeight;
      numUpdates += other.numUpdates;
    },
    finish() {
      if (numUpdates === 0) throw new RangeError("a mean expected at least one update, got none");
      const mean = new Float64Array(numParams);
      for (let i = 0; i < numParams; i++) mean[i] = (sum[i] as number) / totalWeight;
      return mean;
    },
  };
}

function powerOfTwoAtLeast(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  while (power / 2 >= value) power /= 2;
  return power;
}

/**
 * sum += snap(weight · delta). A function of its own because V8 compiles a long loop while it runs: of what comes after
 * it in the same function it knows no types then, and every later call would leave the compiled code there (measured
 * in Node 20: 20 times slower).
 */
function foldInto(sum: Float64Array, delta: Float32Array, weight: number, snapper: number): void {
  const { length } = delta;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    sum[i] = (sum[i] as number) + (weight * (delta[i] as number) + snapper - snapper);
    sum[i + 1] = (sum[i + 1] as number) + (weight * (delta[i + 1] as number) + snapper - snapper);
    sum[i + 2] = (sum[i + 2] as number) + (weight * (delta[i + 2] as number) + snapper - snapper);
    sum[i + 3] = (sum[i + 3] as number) + (weight * (delta[i + 3] as number) + snapper - snapper);
  }
  for (let i = whole; i < length; i++) {
    sum[i] = (sum[i] as number) + (weight * (delta[i] as number) + snapper - snapper);
  }
}

function assertBounded(delta: Float32Array, numParams: number, maxAbsDelta: number): void {
  if (!(delta instanceof Float32Array)) throw new TypeError(`"delta" expected a Float32Array`);
  if (delta.length !== numParams) throw new RangeError(`"delta" expected ${numParams} values, got ${delta.length}`);
  // NaN and infinities have the largest magnitudes of all, so one comparison finds them too.
  const largest = maxMagnitudeBits(delta);
  if (largest < INFINITY_BITS && magnitudeOfBits(largest) <= maxAbsDelta) return;
  const at = delta.findIndex((value) => !(Math.abs(value) <= maxAbsDelta));
  throw new RangeError(`"delta" expected |value| <= ${maxAbsDelta}, got ${delta[at]} at ${at}`);
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
