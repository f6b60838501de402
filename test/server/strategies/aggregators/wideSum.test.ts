import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wideSum } from "../../../../server/strategies/aggregators/wideSum.ts";
import { createRng, shuffle } from "../../../../shared/base/rng.ts";

interface Term {
  readonly coefficient: number;
  readonly value: number;
}

function sumOf(terms: readonly Term[], divisor = 1): number {
  const sum = wideSum({ length: 1, maxAbsValue: 10, maxTerms: 8 });
  for (const { coefficient, value } of terms) sum.add(Float32Array.of(value), coefficient);
  return sum.dividedBy(divisor)[0]!;
}

describe("wideSum", () => {
  const term = fc.record({
    coefficient: fc
      .tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -150, max: 150 }))
      .map(([mantissa, exponent]) => mantissa * 2 ** exponent),
    value: fc.float({ min: -10, max: 10, noNaN: true }),
  });
  const terms = fc.array(term, { minLength: 1, maxLength: 8 });

  it("gives the same bits for every order, whatever levels a low term meets first", () => {
    fc.assert(
      fc.property(terms, fc.integer(), (given, seed) => {
        const places = [...given.keys()];
        shuffle(places, createRng(seed));
        expect(Object.is(sumOf(places.map((i) => given[i]!)), sumOf(given))).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("is within 2^-28 of the largest coefficient times the bound", () => {
    fc.assert(
      fc.property(terms, (given) => {
        const plain = given.reduce((sum, { coefficient, value }) => sum + coefficient * value, 0);
        const largest = Math.max(...given.map(({ coefficient }) => coefficient));
        // Dropped: at most 8 terms below 2^-32 · largest · 10; snapped: 8 · 2^-52 · 2^7 · 2^16 relative to a level's 1.
        expect(Math.abs(sumOf(given) - plain)).toBeLessThanOrEqual(largest * 10 * 2 ** -28);
      }),
      { seed: 2 },
    );
  });

  it("keeps small coefficients that stand alone", () => {
    const tiny = 3 * 2 ** -400;
    expect(sumOf([{ coefficient: tiny, value: 2 }], tiny)).toBe(2);
  });

  it("leaves out terms with coefficient 0", () => {
    expect(sumOf([{ coefficient: 0, value: 5 }])).toBe(0);
    expect(
      sumOf([
        { coefficient: 0, value: 5 },
        { coefficient: 1, value: 3 },
      ]),
    ).toBe(3);
  });
});
