import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  medianOf,
  nearMedianMeanOf,
  trimmedMeanOf,
} from "../../../../server/strategies/robust/kernels/orderStatistics.ts";
import { selectNth } from "../../../../server/strategies/robust/kernels/selectNth.ts";

/** Up to 120 values of few kinds, so that many are equal, beside huge ones. */
const values = fc
  .array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -1e30, max: 1e30 })), {
    minLength: 1,
    maxLength: 120,
  })
  .map((drawn) => Float64Array.from(drawn, (value) => value + 0));

const sorted = (array: Float64Array): Float64Array => array.slice().sort();
const middle = (array: Float64Array): number => {
  const inOrder = sorted(array);
  const half = inOrder.length >> 1;
  return inOrder.length % 2 ? inOrder[half]! : (inOrder[half - 1]! + inOrder[half]!) / 2;
};

describe("selectNth", () => {
  it("puts the nth smallest at n, none greater before and none smaller behind, and loses no value", () => {
    fc.assert(
      fc.property(values, fc.nat(), (array, draw) => {
        const n = draw % array.length;
        const moved = array.slice();
        selectNth(moved, n, 0, moved.length - 1);
        expect(moved[n]).toBe(sorted(array)[n]);
        expect(moved.subarray(0, n).every((value) => value <= moved[n]!)).toBe(true);
        expect(moved.subarray(n).every((value) => value >= moved[n]!)).toBe(true);
        expect(sorted(moved)).toEqual(sorted(array));
      }),
      { numRuns: 500 },
    );
  });
});

describe("order statistics", () => {
  it("medianOf is the middle of the sorted values", () => {
    fc.assert(
      fc.property(values, (array) => {
        expect(medianOf(array.slice())).toBe(middle(array));
      }),
    );
  });

  it("trimmedMeanOf is the mean of the sorted values without both ends", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 99 }),
        fc.nat(),
        (drawn, f) => {
          const byzantine = f % Math.ceil(drawn.length / 2);
          const kept = sorted(Float64Array.from(drawn)).subarray(byzantine, drawn.length - byzantine);
          const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length; // whole numbers: sums are exact
          expect(trimmedMeanOf(Float64Array.from(drawn), byzantine)).toBe(mean);
        },
      ),
    );
  });

  it("nearMedianMeanOf is the mean of those first in the order of distance, then of place", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        (drawn, draw) => {
          const count = 1 + (draw % drawn.length);
          const array = Float64Array.from(drawn);
          const centre = middle(array);
          const order = [...drawn.keys()].sort(
            (a, b) => Math.abs(drawn[a]! - centre) - Math.abs(drawn[b]! - centre) || a - b,
          );
          const sum = order.slice(0, count).reduce((total, i) => total + drawn[i]!, 0);
          const scratch = { sorted: new Float64Array(drawn.length), distances: new Float64Array(drawn.length) };
          expect(nearMedianMeanOf(array, count, scratch)).toBe(sum / count);
        },
      ),
    );
  });
});
