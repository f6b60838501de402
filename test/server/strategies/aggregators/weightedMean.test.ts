import { describe, expect, it } from "vitest";
import type { WeightedDelta } from "../../../../server/strategies/aggregator.ts";
import { weightedMean } from "../../../../server/strategies/aggregators/weightedMean.ts";
import { createRng } from "../../../../shared/base/rng.ts";
import { aggregatorContract } from "../../../contract/aggregator.ts";

/** f32 values as whole multiples of 2^-149: sums in BigInt have no rounding at all. */
function exactMean(updates: readonly WeightedDelta[]): Float64Array {
  const length = updates[0]?.delta.length ?? 0;
  const totalWeight = updates.reduce((sum, { weight }) => sum + weight, 0);
  return Float64Array.from({ length }, (_, i) => {
    let sum = 0n;
    for (const { delta, weight } of updates) sum += BigInt((delta[i] as number) * 2 ** 149) * BigInt(weight);
    // 64 more bits before the integer division; Number() rounds once.
    return Number((sum << 64n) / BigInt(totalWeight)) * 2 ** -149 * 2 ** -64;
  });
}

aggregatorContract("weightedMean", {
  create: (numParams, maxAbsDelta) => weightedMean({ numParams, maxAbsDelta, maxTotalWeight: 1000 }),
  reference: exactMean,
  // Bound 10 x total weight 1000 -> p = 2^14; at most ten updates, each off by half a grid step p · 2^-51.
  tolerance: () => 10 * 2 ** 14 * 2 ** -52 + 2 ** -50,
});

describe("weightedMean", () => {
  it("weights each delta by its example count", () => {
    const mean = weightedMean({ numParams: 2, maxAbsDelta: 8, maxTotalWeight: 4 });
    mean.add({ delta: Float32Array.of(1, 0), weight: 1 });
    mean.add({ delta: Float32Array.of(4, 8), weight: 3 });
    expect(mean.finish()).toEqual(Float64Array.of(3.25, 6)); // (1·1 + 3·4) / 4,  (1·0 + 3·8) / 4
  });

  it("sums values that cancel alike in both orders, where plain addition does not", () => {
    // Plain f64: (2^30 + 2^-30) - 2^30 = 0, but (2^30 - 2^30) + 2^-30 = 2^-30: the small one is lost in one order only.
    const values = [2 ** 30, 2 ** -30, -(2 ** 30)];
    const plain = (order: readonly number[]): number => order.reduce((sum, i) => sum + (values[i] as number), 0);
    expect(plain([0, 1, 2])).not.toBe(plain([0, 2, 1]));
    const exact = (order: readonly number[]): number => {
      const mean = weightedMean({ numParams: 1, maxAbsDelta: 2 ** 30, maxTotalWeight: 3 });
      for (const i of order) mean.add({ delta: Float32Array.of(values[i] as number), weight: 1 });
      return mean.finish()[0] as number;
    };
    expect(exact([0, 1, 2])).toBe(exact([0, 2, 1]));
    expect(exact([2, 1, 0])).toBe(exact([0, 2, 1]));
  });

  it("is exact for a single client that carries the whole weight, with either sign", () => {
    for (const sign of [1, -1]) {
      const mean = weightedMean({ numParams: 1, maxAbsDelta: 8, maxTotalWeight: 1 << 20 });
      mean.add({ delta: Float32Array.of(8 * sign), weight: 1 << 20 });
      expect(mean.finish()).toEqual(Float64Array.of(8 * sign));
    }
  });

  it("leaves a mean of opposites at plus zero", () => {
    const mean = weightedMean({ numParams: 1, maxAbsDelta: 1, maxTotalWeight: 2 });
    mean.add({ delta: Float32Array.of(-0.3), weight: 1 });
    mean.add({ delta: Float32Array.of(0.3), weight: 1 });
    expect(Object.is(mean.finish()[0], 0)).toBe(true);
  });

  it("sums 100 updates of the size of the 2NN alike forwards and backwards", () => {
    const numParams = 2000;
    const rng = createRng("weightedMean", 1);
    const updates = Array.from({ length: 100 }, () => ({
      delta: Float32Array.from({ length: numParams }, () => (rng.nextFloat() - 0.5) * 2 ** -rng.nextBelow(12)),
      weight: 1 + rng.nextBelow(600),
    }));
    const fold = (order: readonly WeightedDelta[]): Float64Array => {
      const mean = weightedMean({ numParams, maxAbsDelta: 10, maxTotalWeight: 60_000 });
      for (const update of order) mean.add(update);
      return mean.finish();
    };
    expect(fold([...updates].reverse())).toEqual(fold(updates));
    // The fold this replaces does differ: otherwise the test above would prove nothing.
    const plain = (order: readonly WeightedDelta[]): Float64Array => {
      const sum = new Float64Array(numParams);
      for (const { delta, weight } of order) {
        for (const [i, d] of delta.entries()) sum[i] = (sum[i] as number) + d * weight;
      }
      return sum;
    };
    expect(plain([...updates].reverse())).not.toEqual(plain(updates));
  });

  it.each([
    { numParams: 0, maxAbsDelta: 1, maxTotalWeight: 1 },
    { numParams: 1, maxAbsDelta: 0, maxTotalWeight: 1 },
    { numParams: 1, maxAbsDelta: Number.POSITIVE_INFINITY, maxTotalWeight: 1 },
    { numParams: 1, maxAbsDelta: 1, maxTotalWeight: 2 ** 53 },
  ])("refuses bounds under which no fold is exact: %o", (options) => {
    expect(() => weightedMean(options)).toThrow(/expected/);
  });
});
