import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { filled, type Initializer, zeros } from "../../../shared/nn/initializer.ts";
import { orthogonal } from "../../../shared/nn/initializers/orthogonal.ts";
import { WEIGHT_INIT_NAMES, type WeightInit, weightInit } from "../../../shared/nn/weightInit.ts";

const COUNT = 40_000;

function draw(begins: Initializer, seed = 1): Float32Array {
  const values = new Float32Array(begins.shape.reduce((product, size) => product * size, 1));
  begins.fill(values, createRng(seed));
  return values;
}

/** Mean, standard deviation and mean fourth power, in units of the deviation. */
function moments(values: Float32Array): { mean: number; stdDev: number; kurtosis: number } {
  const average = (of: (value: number) => number): number => values.reduce((sum, x) => sum + of(x), 0) / values.length;
  const mean = average((x) => x);
  const stdDev = Math.sqrt(average((x) => (x - mean) * (x - mean)));
  return { mean, stdDev, kurtosis: average((x) => ((x - mean) / stdDev) ** 4) };
}

describe("weightInit", () => {
  // fanIn 50, fanOut 150. A uniform variable in ±b has deviation b / √3.
  const expected: readonly [WeightInit, number, "uniform" | "normal"][] = [
    ["heUniform", Math.sqrt(2 / 50), "uniform"],
    ["heNormal", Math.sqrt(2 / 50), "normal"],
    ["glorotUniform", Math.sqrt(2 / 200), "uniform"],
    ["glorotNormal", Math.sqrt(2 / 200), "normal"],
    ["lecunUniform", Math.sqrt(1 / 50), "uniform"],
    ["lecunNormal", Math.sqrt(1 / 50), "normal"],
    [{ normal: 0.02 }, 0.02, "normal"],
  ];

  it.each(expected)("%j has its mean, deviation and distribution", (init, stdDev, distribution) => {
    const drawn = moments(draw(weightInit(init, [200, 200], { fanIn: 50, fanOut: 150 })));
    // Standard errors over 40,000 draws: the mean σ/200, the deviation below σ/280, the kurtosis √(24/40,000) = 0.025 for a
    // normal. Five of them each: a false alarm in a million seeds.
    expect(Math.abs(drawn.mean)).toBeLessThan((5 * stdDev) / Math.sqrt(COUNT));
    expect(Math.abs(drawn.stdDev / stdDev - 1)).toBeLessThan(5 / Math.sqrt(2 * COUNT));
    expect(Math.abs(drawn.kurtosis - (distribution === "normal" ? 3 : 1.8))).toBeLessThan(0.125);
  });

  it("gives constants without drawing", () => {
    const fans = { fanIn: 1, fanOut: 1 };
    expect(draw(weightInit("zeros", [2], fans))).toEqual(Float32Array.of(0, 0));
    expect(draw(weightInit({ constant: 0.5 }, [2], fans))).toEqual(Float32Array.of(0.5, 0.5));
    expect(draw(filled([1], -3))).toEqual(Float32Array.of(-3));
  });

  it("gives the same bytes for the same seed, an odd count too", () => {
    for (const name of WEIGHT_INIT_NAMES) {
      const begins = weightInit(name, [3, 5], { fanIn: 3, fanOut: 5 });
      expect(draw(begins)).toEqual(draw(begins));
      if (name !== "zeros") expect(draw(begins, 2)).not.toEqual(draw(begins));
    }
  });

  it("refuses a name that is none, and a shape with a hole", () => {
    expect(() => weightInit("xavier" as never, [1], { fanIn: 1, fanOut: 1 })).toThrow(
      '"init" expected one of heUniform',
    );
    expect(() => zeros([2, 0])).toThrow("expected whole sizes >= 1");
  });
});

describe("orthogonal", () => {
  it.each([
    { shape: [6, 4], rows: 6, columns: 4 },
    { shape: [4, 6], rows: 4, columns: 6 },
    { shape: [3, 2, 5], rows: 6, columns: 5 },
    { shape: [7], rows: 1, columns: 7 },
  ])("of shape $shape has orthonormal columns, or rows where it is wider than high", ({ shape, rows, columns }) => {
    const gain = 1.5;
    const values = draw(orthogonal(shape, gain));
    const count = Math.min(rows, columns);
    const element = (vector: number, k: number): number =>
      rows >= columns ? values[k * columns + vector]! : values[vector * columns + k]!;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) product += element(i, k) * element(j, k);
        // f64 orthogonalisation, then each value rounded to f32: at most 7 products, each within 2^-23 · gain².
        expect(Math.abs(product - (i === j ? gain * gain : 0))).toBeLessThan(7 * 2 ** -23 * gain * gain);
      }
    }
  });

  it("favours no direction: the first value of 4,000 has mean 0 and variance 1 / rows", () => {
    const begins = orthogonal([3, 3]);
    const firsts = Float32Array.from({ length: 4000 }, (_, seed) => draw(begins, seed)[0]!);
    const { mean, stdDev } = moments(firsts);
    // One coordinate of a uniform direction in three dimensions is uniform in ±1: deviation 1/√3. Five standard errors.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(3 * 4000));
    expect(Math.abs(stdDev * Math.sqrt(3) - 1)).toBeLessThan(5 / Math.sqrt(2 * 4000));
  });

  it("refuses a matrix that would take minutes", () => {
    expect(() => orthogonal([7000, 7000])).toThrow("orthogonal expected a matrix of fewer values, got [7000, 7000]");
  });
});
