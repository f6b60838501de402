import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Aggregator, WeightedDelta } from "../../server/strategies/aggregator.ts";
import { createRng, shuffle } from "../../shared/base/rng.ts";

export interface AggregatorContract {
  /** A fresh aggregator of deltas of `numParams` values, each at most `maxAbsDelta`, weights at most 1000 in total. */
  readonly create: (numParams: number, maxAbsDelta: number) => Aggregator;
  /** Slow, obvious twin: exact up to one rounding a value. */
  readonly reference: (updates: readonly WeightedDelta[]) => Float64Array;
  /** Largest |result - reference|, as a function of the bound on deltas. */
  readonly tolerance: (maxAbsDelta: number) => number;
}

/** The exact bits, -0 and 0 apart. */
const bits = (values: Float64Array): bigint[] => [...new BigUint64Array(values.slice().buffer)];

function fold(aggregator: Aggregator, updates: readonly WeightedDelta[]): Aggregator {
  for (const update of updates) aggregator.add(update);
  return aggregator;
}

/** What every streaming aggregator promises. */
export function aggregatorContract(name: string, { create, reference, tolerance }: AggregatorContract): void {
  const NUM_PARAMS = 5;
  const MAX_ABS_DELTA = 10;
  const update = fc.record({
    // Magnitudes from 2^-40 to the bound: sums cancel, and plain f64 addition would round differently in each order.
    delta: fc
      .array(fc.tuple(fc.float({ min: -10, max: 10, noNaN: true }), fc.integer({ min: 0, max: 40 })), {
        minLength: NUM_PARAMS,
        maxLength: NUM_PARAMS,
      })
      .map((values) => Float32Array.from(values, ([value, shift]) => value * 2 ** -shift)),
    weight: fc.integer({ min: 1, max: 100 }),
  });
  const cohort = fc.array(update, { minLength: 1, maxLength: 10 });

  describe(name, () => {
    it("gives the same bits for every order of arrival", () => {
      fc.assert(
        fc.property(cohort, fc.integer(), (updates, seed) => {
          const places = [...updates.keys()];
          shuffle(places, createRng(seed));
          const shuffled = places.map((place) => updates[place] as WeightedDelta);
          const one = fold(create(NUM_PARAMS, MAX_ABS_DELTA), updates).finish();
          expect(bits(fold(create(NUM_PARAMS, MAX_ABS_DELTA), shuffled).finish())).toEqual(bits(one));
        }),
        { seed: 1 },
      );
    });

    it("gives the same bits for every partition into partial aggregates", () => {
      fc.assert(
        fc.property(cohort, fc.integer({ min: 1, max: 3 }), (updates, numParts) => {
          const whole = fold(create(NUM_PARAMS, MAX_ABS_DELTA), updates);
          const merged = create(NUM_PARAMS, MAX_ABS_DELTA);
          for (let part = 0; part < numParts; part++) {
            const share = updates.filter((_, i) => i % numParts === part);
            merged.merge(fold(create(NUM_PARAMS, MAX_ABS_DELTA), share).partial());
          }
          expect(bits(merged.finish())).toEqual(bits(whole.finish()));
          expect([merged.numUpdates, merged.totalWeight]).toEqual([whole.numUpdates, whole.totalWeight]);
        }),
        { seed: 2 },
      );
    });

    it("agrees with its slow twin", () => {
      fc.assert(
        fc.property(cohort, (updates) => {
          const fast = fold(create(NUM_PARAMS, MAX_ABS_DELTA), updates).finish();
          for (const [i, expected] of reference(updates).entries()) {
            expect(Math.abs((fast[i] as number) - expected)).toBeLessThanOrEqual(tolerance(MAX_ABS_DELTA));
          }
        }),
        { seed: 3 },
      );
    });

    it("gives one client its own delta back", () => {
      const delta = Float32Array.of(0.1, -0.2, 2 ** -22, 10);
      const mean = fold(create(4, 10), [{ delta, weight: 7 }]).finish();
      expect(Float32Array.from(mean)).toEqual(delta);
    });

    it("neither keeps nor changes the delta it was given", () => {
      const aggregator = create(2, 10);
      const delta = Float32Array.of(1, 2);
      aggregator.add({ delta, weight: 1 });
      expect(delta).toEqual(Float32Array.of(1, 2));
      delta.fill(9);
      expect(aggregator.finish()).toEqual(Float64Array.of(1, 2));
    });

    it("has no result before the first update", () => {
      expect(() => create(2, 10).finish()).toThrow(RangeError);
    });

    const honest = Float32Array.of(1, 1);
    it.each<[string, WeightedDelta]>([
      ["NaN", { delta: Float32Array.of(1, Number.NaN), weight: 1 }],
      ["infinity", { delta: Float32Array.of(1, Number.NEGATIVE_INFINITY), weight: 1 }],
      ["a value beyond the bound", { delta: Float32Array.of(1, 10.001), weight: 1 }],
      ["too few values", { delta: Float32Array.of(1), weight: 1 }],
      ["too many values", { delta: Float32Array.of(1, 1, 1), weight: 1 }],
      ["weight 0", { delta: honest, weight: 0 }],
      ["a negative weight", { delta: honest, weight: -1 }],
      ["a fractional weight", { delta: honest, weight: 1.5 }],
      ["weight NaN", { delta: honest, weight: Number.NaN }],
      ["a weight beyond the total", { delta: honest, weight: 999 }],
      ["a weight that f64 cannot hold exactly", { delta: honest, weight: 2 ** 53 }],
    ])("refuses %s and stays as it was", (_, hostile) => {
      const aggregator = fold(create(2, 10), [{ delta: Float32Array.of(0.5, -3), weight: 2 }]);
      const before = aggregator.partial();
      expect(() => aggregator.add(hostile)).toThrow(/expected/);
      expect(aggregator.partial()).toEqual(before);
    });

    it.each([
      ["a sum off the grid", { sum: Float64Array.of(Number.MIN_VALUE, 0), totalWeight: 1, numUpdates: 1 }],
      ["a sum beyond its weight", { sum: Float64Array.of(11, 0), totalWeight: 1, numUpdates: 1 }],
      ["a sum that is NaN", { sum: Float64Array.of(Number.NaN, 0), totalWeight: 1, numUpdates: 1 }],
      ["too few values", { sum: Float64Array.of(0), totalWeight: 1, numUpdates: 1 }],
      ["a total weight beyond the plan's", { sum: Float64Array.of(0, 0), totalWeight: 999, numUpdates: 1 }],
      ["more updates than weight", { sum: Float64Array.of(0, 0), totalWeight: 1, numUpdates: 2 }],
    ])("refuses a partial aggregate with %s and stays as it was", (_, hostile) => {
      const aggregator = fold(create(2, 10), [{ delta: Float32Array.of(0.5, -3), weight: 2 }]);
      const before = aggregator.partial();
      expect(() => aggregator.merge(hostile)).toThrow(RangeError);
      expect(aggregator.partial()).toEqual(before);
    });
  });
}
