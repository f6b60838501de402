import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import type { Dataset } from "../../../../shared/data/dataset.ts";
import { bracketsText, sumsText } from "../../../../shared/data/synthetic/grammarText.ts";
import { linearRegressionToy, logisticRegressionToy } from "../../../../shared/data/synthetic/linearToy.ts";
import { lowRankRatings } from "../../../../shared/data/synthetic/lowRankRatings.ts";
import { nextNormal } from "../../../../shared/data/synthetic/nextNormal.ts";
import { SENSOR_CLASSES, sensorWindows } from "../../../../shared/data/synthetic/sensorWindows.ts";

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

describe("nextNormal", () => {
  it("has the moments of the standard normal distribution", () => {
    const rng = createRng(1, "normal");
    const draws = Float64Array.from({ length: 100_000 }, () => nextNormal(rng));
    // Bounds of 5 standard errors: 1/√n, √(2/n), √(96/n) for the moments 1, 2, 4 (false alarm 6e-7 each).
    expect(Math.abs(mean(draws))).toBeLessThan(5 / Math.sqrt(1e5));
    expect(Math.abs(mean(draws.map((x) => x * x)) - 1)).toBeLessThan(5 * Math.sqrt(2 / 1e5));
    expect(Math.abs(mean(draws.map((x) => x ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / 1e5));
  });
});

describe("sensorWindows", () => {
  const options = { numExamples: 240, numSubjects: 4 };

  it("gives each subject every class alike, and finite readings", () => {
    const data = sensorWindows(options, createRng(1));
    expect(data).toMatchObject({ numExamples: 240, inputShape: [128, 3], targetSize: 1 });
    expect(data.inputs).toHaveLength(240 * 128 * 3);
    expect(data.inputs.every(Number.isFinite)).toBe(true);
    const cells = new Map<string, number>();
    for (const [row, label] of data.targets.entries()) {
      const key = `${data.groups?.[row]} ${label}`;
      cells.set(key, (cells.get(key) ?? 0) + 1);
    }
    expect([...cells.values()]).toEqual(new Array(4 * SENSOR_CLASSES.length).fill(10));
  });

  it("depends on the generator alone", () => {
    const data = sensorWindows(options, createRng(1));
    expect(sensorWindows(options, createRng(1)).inputs).toEqual(data.inputs);
    expect(sensorWindows(options, createRng(2)).inputs).not.toEqual(data.inputs);
  });

  it("moves as a class says: without noise, running swings more than walking and lying is still", () => {
    const data = sensorWindows({ numExamples: 60, noiseStdDev: 0 }, createRng(3));
    const spread = (label: number): number => {
      const rows = [...data.targets.keys()].filter((row) => data.targets[row] === label);
      return mean(
        rows.map((row) => {
          const first = Float64Array.from({ length: 128 }, (_, at) => data.inputs[(row * 128 + at) * 3] as number);
          return Math.max(...first) - Math.min(...first);
        }),
      );
    };
    expect(spread(4)).toBeGreaterThan(1.5 * spread(2));
    expect(spread(2)).toBeGreaterThan(5 * spread(0));
  });

  it("refuses no examples and negative noise", () => {
    expect(() => sensorWindows({ numExamples: 0 }, createRng(1))).toThrow(RangeError);
    expect(() => sensorWindows({ numExamples: 1, noiseStdDev: -1 }, createRng(1))).toThrow(RangeError);
  });
});

describe("lowRankRatings", () => {
  const options = { numUsers: 60, numItems: 50, rank: 2, ratedFraction: 0.3, testFraction: 0.25 };

  it("rates the stated shares of the pairs, each at most once, and groups them by user", () => {
    const { train, test } = lowRankRatings(options, createRng(1));
    // 3,000 pairs · 0.3 = 900 expected, standard deviation √(3000 · 0.3 · 0.7) = 25; a quarter of them held out.
    expect(Math.abs(train.numExamples + test.numExamples - 900)).toBeLessThan(5 * 25);
    expect(Math.abs(test.numExamples / (train.numExamples + test.numExamples) - 0.25)).toBeLessThan(0.075);
    const pairs = [train, test].flatMap(({ inputs, numExamples }) =>
      Array.from({ length: numExamples }, (_, row) => `${inputs[2 * row]} ${inputs[2 * row + 1]}`),
    );
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(train.groups).toEqual(
      Uint32Array.from({ length: train.numExamples }, (_, row) => train.inputs[2 * row] as number),
    );
  });

  it("has the stated rank: without noise all minors of order rank + 1 vanish, and not those of order rank", () => {
    const all = { numUsers: 3, numItems: 3, rank: 2, ratedFraction: 1, testFraction: 0, noiseStdDev: 0 };
    const { train } = lowRankRatings(all, createRng(4));
    expect(train.numExamples).toBe(9);
    const m = Array.from(train.targets, (rating) => rating - 3);
    const minor = (a: number, b: number, c: number, d: number): number =>
      (m[a] as number) * (m[d] as number) - (m[b] as number) * (m[c] as number);
    const determinant =
      (m[0] as number) * minor(4, 5, 7, 8) -
      (m[1] as number) * minor(3, 5, 6, 8) +
      (m[2] as number) * minor(3, 4, 6, 7);
    expect(Math.abs(determinant)).toBeLessThan(1e-5); // ratings are rounded to f32: 1e-7 each, products of order 1
    expect(Math.abs(minor(0, 1, 3, 4))).toBeGreaterThan(1e-3);
  });

  it("refuses to leave nothing to train on", () => {
    expect(() => lowRankRatings({ ...options, ratedFraction: 0 }, createRng(1))).toThrow("got none of 60 x 50");
  });
});

/** Least squares by the normal equations: [coefficients..., intercept]. */
function leastSquares({ inputs, targets, numExamples }: Dataset, width: number): number[] {
  const size = width + 1;
  const rows = Array.from({ length: size }, () => new Array<number>(size + 1).fill(0));
  for (let at = 0; at < numExamples; at++) {
    const x = [...inputs.subarray(at * width, (at + 1) * width), 1];
    for (let i = 0; i < size; i++) {
      const row = rows[i] as number[];
      for (let j = 0; j < size; j++) row[j] = (row[j] as number) + (x[i] as number) * (x[j] as number);
      row[size] = (row[size] as number) + (x[i] as number) * (targets[at] as number);
    }
  }
  for (let i = 0; i < size; i++) {
    const pivot = rows[i] as number[];
    for (let j = 0; j < size; j++) {
      if (j === i) continue;
      const other = rows[j] as number[];
      const factor = (other[i] as number) / (pivot[i] as number);
      for (let k = 0; k <= size; k++) other[k] = (other[k] as number) - factor * (pivot[k] as number);
    }
  }
  return rows.map((row, i) => (row[size] as number) / (row[i] as number));
}

describe("linearRegressionToy", () => {
  it("comes from the stated coefficients: least squares finds them", () => {
    const coefficients = [2, -1, 0.5];
    const data = linearRegressionToy({ numExamples: 2000, coefficients, intercept: 3 }, createRng(1));
    expect(data).toMatchObject({ numExamples: 2000, inputShape: [3], targetSize: 1 });
    // Standard error of each estimate: 0.1 / √2000 = 0.0022; six of them.
    for (const [at, value] of leastSquares(data, 3).entries()) {
      expect(Math.abs(value - ([...coefficients, 3][at] as number))).toBeLessThan(0.0135);
    }
  });
});

describe("logisticRegressionToy", () => {
  it("draws label 1 as often as the sigmoid of the score says", () => {
    const data = logisticRegressionToy({ numExamples: 20_000, coefficients: [2], intercept: 0.5 }, createRng(1));
    expect(data.targets).toBeInstanceOf(Uint8Array);
    const expected = mean(Float64Array.from(data.inputs, (x) => 1 / (1 + Math.exp(-(2 * x + 0.5)))));
    // Standard error <= 0.5 / √20000 = 0.0035; five of them.
    expect(Math.abs(mean(data.targets) - expected)).toBeLessThan(0.018);
    const high = [...data.targets.keys()].filter((row) => (data.inputs[row] as number) > 1);
    expect(mean(high.map((row) => data.targets[row] as number))).toBeGreaterThan(0.9); // sigmoid(2.5) = 0.92
  });
});

describe("grammars", () => {
  it("writes true sums", () => {
    const text = sumsText({ numLines: 200, largest: 99 }, createRng(1));
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(200);
    for (const line of lines) {
      const [, a, b, sum] = /^(\d+)\+(\d+)=(\d+)$/.exec(line) ?? [];
      expect(Number(a) + Number(b)).toBe(Number(sum));
      expect(Math.max(Number(a), Number(b))).toBeLessThanOrEqual(99);
    }
    expect(sumsText({ numLines: 200, largest: 99 }, createRng(1))).toBe(text);
  });

  it("writes balanced brackets, as deep as allowed and no deeper", () => {
    const lines = bracketsText({ numLines: 300, maxDepth: 4 }, createRng(1)).trimEnd().split("\n");
    expect(lines).toHaveLength(300);
    let deepest = 0;
    for (const line of lines) {
      const open: string[] = [];
      for (const mark of line) {
        const kind = "()[]{}".indexOf(mark);
        expect(kind).toBeGreaterThanOrEqual(0);
        if (kind % 2 === 0) open.push(mark);
        else expect(`${open.pop()}${mark}`).toBe("()[]{}".slice(kind - 1, kind + 1));
        deepest = Math.max(deepest, open.length);
      }
      expect(open).toEqual([]);
    }
    expect(deepest).toBe(4);
  });
});
