import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addExactly, type ExactSum, multiplyExactly, roundedSum } from "../../../../shared/nn/metrics/exactSum.ts";

const SEED = 21;
const PLACES = 400; // binary places of the twin's fixed-point numbers
const word = new DataView(new ArrayBuffer(8));

/** The slow twin: a number as a whole multiple of 2^-places. Exact for numbers of which it is one. */
function fixed(value: number, places = PLACES): bigint {
  word.setFloat64(0, value);
  const bits = word.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & ((1n << 52n) - 1n)) | (exponent > 0 ? 1n << 52n : 0n);
  const shift = BigInt(places - 1075 + Math.max(exponent, 1)); // value = fraction · 2^(exponent - 1075)
  const magnitude = shift >= 0n ? fraction << shift : fraction >> -shift;
  return value < 0 ? -magnitude : magnitude;
}

const fixedSum = (values: readonly number[], places = PLACES): bigint =>
  values.reduce((sum, value) => sum + fixed(value, places), 0n);

// Whole numbers of up to 53 bits times 2^-200 .. 2^200: fixed() is exact, and sums cancel and overlap in every way.
const value = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: -200, max: 200 }))
  .map(([whole, exponent]) => whole * 2 ** exponent);
const values = fc.array(value, { maxLength: 30 });

describe(`exactSum, seed ${SEED}`, () => {
  it("holds the exact sum, whose first part is the sum rounded to nearest", () => {
    fc.assert(
      fc.property(values, (terms) => {
        const sum = addExactly([], terms);
        expect(fixedSum(sum)).toBe(fixedSum(terms));
        // Number(bigint) rounds to nearest, ties to even; the power of two changes nothing.
        expect(roundedSum(sum)).toBe(Number(fixedSum(terms)) / 2 ** PLACES);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("has the same parts however the terms are ordered and grouped", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const pooled = addExactly([], [...a, ...b]);
        expect(addExactly(addExactly([], b), addExactly([], a))).toEqual(pooled);
        expect(addExactly([], [...a, ...b].reverse())).toEqual(pooled);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("multiplies exactly", () => {
    const few = fc.array(value, { maxLength: 3 });
    fc.assert(
      fc.property(few, few, (a, b) => {
        const [left, right]: ExactSum[] = [addExactly([], a), addExactly([], b)];
        const product = multiplyExactly(left!, right!);
        expect(fixedSum(product, 2 * PLACES)).toBe(fixedSum(left!) * fixedSum(right!));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("keeps what plain addition loses", () => {
    expect(addExactly([], [1, 2 ** 100, 1, -(2 ** 100)])).toEqual([2]);
    expect(addExactly([], [2 ** 60, 1])).toEqual([2 ** 60, 1]);
    expect(roundedSum(addExactly([], Array(10).fill(0.1)))).toBe(1); // the exact sum of ten 0.1 rounds to 1
    expect(addExactly([], [0.5, -0.5, -0])).toEqual([]);
    expect(roundedSum([])).toBe(0);
  });

  it("lets a part far below decide a tie", () => {
    const unit = 2 ** -53; // half the spacing above 1
    expect(roundedSum(addExactly([], [1, unit]))).toBe(1); // a tie: to even
    expect(roundedSum(addExactly([], [1, unit, 2 ** -300]))).toBe(1 + 2 * unit);
    expect(roundedSum(addExactly([], [1, 3 * unit, -(2 ** -300)]))).toBe(1 + 2 * unit);
  });

  it("refuses a term or a sum that is not finite", () => {
    expect(() => addExactly([], [1, Number.NaN])).toThrow(RangeError);
    expect(() => addExactly([], [Number.POSITIVE_INFINITY])).toThrow(RangeError);
    expect(() => addExactly([], [Number.MAX_VALUE, Number.MAX_VALUE])).toThrow('"sum" expected finite terms');
  });
});
