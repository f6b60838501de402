import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { nextDirichlet } from "../../../../shared/data/partition/nextDirichlet.ts";
import { nextLogGamma } from "../../../../shared/data/partition/nextGamma.ts";

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: Float64Array, about: number): number => mean(values.map((value) => (value - about) ** 2));

// Bounds are 5 standard errors of the stated number of draws: a false alarm of 6e-7 each, if the seed were drawn anew.
const DRAWS = 20_000;
const EULER = 0.5772156649015329;

describe("nextLogGamma", () => {
  it.each([0.4, 2.5])("draws with the mean and the variance of Gamma(%f): both are the shape", (shape) => {
    const rng = createRng(1, "gamma");
    const draws = Float64Array.from({ length: DRAWS }, () => Math.exp(nextLogGamma(shape, rng)));
    expect(Math.abs(mean(draws) - shape)).toBeLessThan(5 * Math.sqrt(shape / DRAWS));
    // The fourth central moment is 3k² + 6k.
    expect(Math.abs(variance(draws, shape) - shape)).toBeLessThan(5 * Math.sqrt((2 * shape ** 2 + 6 * shape) / DRAWS));
  });

  it.each([
    // Digamma(shape) and trigamma(shape), which for halves have closed forms.
    { shape: 0.5, logMean: -EULER - 2 * Math.LN2, logVariance: Math.PI ** 2 / 2 },
    { shape: 2.5, logMean: -EULER - 2 * Math.LN2 + 2 + 2 / 3, logVariance: Math.PI ** 2 / 2 - 4 - 4 / 9 },
  ])("draws logarithms with the mean of Gamma($shape)", ({ shape, logMean, logVariance }) => {
    const rng = createRng(2, "gamma");
    const draws = Float64Array.from({ length: DRAWS }, () => nextLogGamma(shape, rng));
    expect(Math.abs(mean(draws) - logMean)).toBeLessThan(5 * Math.sqrt(logVariance / DRAWS));
  });

  it("stays finite where the draw itself is too small for f64", () => {
    const rng = createRng(3, "gamma");
    const draws = Array.from({ length: 1000 }, () => nextLogGamma(0.001, rng));
    expect(draws.every(Number.isFinite)).toBe(true);
    expect(Math.min(...draws)).toBeLessThan(-745); // e^-745.2 is the smallest number above 0
  });
});

describe("nextDirichlet", () => {
  it("gives each of 5 shares the mean and the variance of Beta(0.5, 2)", () => {
    const rng = createRng(4, "dirichlet");
    const draws = Array.from({ length: DRAWS }, () => nextDirichlet(0.5, 5, rng));
    const expected = (0.2 * 0.8) / 3.5; // m (1 - m) / (5 · 0.5 + 1)
    for (let at = 0; at < 5; at++) {
      const share = Float64Array.from(draws, (shares) => shares[at] as number);
      expect(Math.abs(mean(share) - 0.2)).toBeLessThan(5 * Math.sqrt(expected / DRAWS));
      // The fourth central moment is 3.82 times the variance squared.
      expect(Math.abs(variance(share, 0.2) - expected)).toBeLessThan(5 * expected * Math.sqrt(2.82 / DRAWS));
    }
  });

  it.each([0.001, 0.5, 1e6])("gives shares that are at least 0 and add up to 1 for alpha %f", (alpha) => {
    const rng = createRng(5, "dirichlet");
    for (let draw = 0; draw < 200; draw++) {
      const shares = nextDirichlet(alpha, 7, rng);
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
      expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1)).toBeLessThan(1e-12);
    }
  });

  it("gives nearly all to one for a small alpha and alike to all for a large one", () => {
    const rng = createRng(6, "dirichlet");
    expect(Math.max(...nextDirichlet(0.001, 7, rng))).toBeGreaterThan(0.99);
    expect(Math.max(...nextDirichlet(1e6, 7, rng))).toBeLessThan(1 / 7 + 0.001);
  });

  it.each([0, -1, 1e-4, 2e6, Number.NaN])("refuses alpha %f", (alpha) => {
    expect(() => nextDirichlet(alpha, 3, createRng(1))).toThrow('"alpha"');
  });
});
