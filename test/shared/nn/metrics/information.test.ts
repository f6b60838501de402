import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countEntropy } from "../../../../shared/nn/metrics/countEntropy.ts";
import { labelEntropy } from "../../../../shared/nn/metrics/labelEntropy.ts";
import type { Metric } from "../../../../shared/nn/metrics/metric.ts";
import { mutualInformation } from "../../../../shared/nn/metrics/mutualInformation.ts";
import { predictiveEntropy } from "../../../../shared/nn/metrics/predictiveEntropy.ts";
import { tableMutualInformation } from "../../../../shared/nn/metrics/tableMutualInformation.ts";

const SEED = 23;

function measure(metric: Metric<number>, logits: readonly (readonly number[])[], labels: readonly number[]): number {
  const batch = { numRows: labels.length, outputs: Float32Array.from(logits.flat()), targets: Int32Array.from(labels) };
  return metric.finish(metric.update(metric.init(), batch));
}

describe(`entropy and mutual information, seed ${SEED}`, () => {
  it("countEntropy is 0 for one value, log n for n equal ones", () => {
    expect(countEntropy([5, 0, 0])).toBe(0);
    expect(countEntropy([3, 3, 3, 3])).toBeCloseTo(Math.log(4), 15);
    // Probabilities 1/4, 3/4: ln 4 - 3/4 ln 3.
    expect(countEntropy([1, 3])).toBeCloseTo(Math.log(4) - 0.75 * Math.log(3), 15);
  });

  it("tableMutualInformation is 0 for independent variables, the entropy for equal ones", () => {
    expect(
      tableMutualInformation([
        [2, 4],
        [3, 6],
      ]),
    ).toBeCloseTo(0, 15);
    expect(
      tableMutualInformation([
        [0, 1],
        [3, 0],
      ]),
    ).toBeCloseTo(countEntropy([1, 3]), 15);
    // [[1, 1], [0, 2]]: 1/4 ln 2 + 1/4 ln(2/3) + 1/2 ln(4/3) = 1.5 ln 2 - 0.75 ln 3.
    expect(
      tableMutualInformation([
        [1, 1],
        [0, 2],
      ]),
    ).toBeCloseTo(1.5 * Math.log(2) - 0.75 * Math.log(3), 15);
  });

  it("mutual information is H(row) + H(column) - H(both), also of a table that is not square", () => {
    const table = fc.array(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(table, (counts) => {
        fc.pre(counts.flat().some((count) => count > 0));
        const down = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
        const across = [0, 1, 2, 3].map((j) => counts.reduce((sum, row) => sum + row[j]!, 0));
        const expected = countEntropy(down) + countEntropy(across) - countEntropy(counts.flat());
        // Entropies below 3 as sums of at most 20 terms: rounding far below 1e-13.
        expect(Math.abs(tableMutualInformation(counts) - expected)).toBeLessThan(1e-13);
        expect(tableMutualInformation(counts)).toBeGreaterThanOrEqual(0);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("refuses tables and counts that are none", () => {
    expect(() => tableMutualInformation([[1, 2], [3]])).toThrow('"table" expected rows of 2 counts, got 1 in row 1');
    expect(() => tableMutualInformation([[0, 0]])).toThrow("expected a total above 0");
    expect(() => tableMutualInformation([])).toThrow(RangeError);
    expect(() => tableMutualInformation([[1, -1]])).toThrow(RangeError);
    expect(() => countEntropy([1, Number.NaN])).toThrow(TypeError);
    expect(() => countEntropy([-1, 2])).toThrow(RangeError);
    expect(() => countEntropy([])).toThrow(RangeError);
  });

  const logits = [
    [2, 1],
    [2, 1],
    [0, 1],
    [0, 1],
  ]; // predicted 0, 0, 1, 1
  it("metrics see the labels, the predictions, and what one says of the other", () => {
    expect(measure(labelEntropy({ numClasses: 2 }), logits, [0, 1, 1, 1])).toBeCloseTo(countEntropy([1, 3]), 15);
    expect(measure(labelEntropy({ numClasses: 2, of: "predictions" }), logits, [0, 1, 1, 1])).toBeCloseTo(Math.LN2, 15);
    // The table of the test above, [[1, 0], [1, 2]], the other way up.
    const expected = 1.5 * Math.log(2) - 0.75 * Math.log(3);
    expect(measure(mutualInformation({ numClasses: 2 }), logits, [0, 1, 1, 1])).toBeCloseTo(expected, 15);
    // Always wrong says as much as always right.
    expect(measure(mutualInformation({ numClasses: 2 }), logits, [1, 1, 0, 0])).toBeCloseTo(Math.LN2, 15);
  });

  it("predictiveEntropy means the entropy of the softmax over the rows", () => {
    // ln 4 - 3/4 ln 3 for probabilities 3/4, 1/4 (ln 3 as f32: within 1e-7), and 0 for a sure row.
    const mean = measure(
      predictiveEntropy(),
      [
        [Math.log(3), 0],
        [0, 1000],
      ],
      [0, 0],
    );
    expect(mean).toBeCloseTo((Math.log(4) - 0.75 * Math.log(3)) / 2, 7);
    expect(measure(predictiveEntropy(), [[7, 7, 7]], [0])).toBeCloseTo(Math.log(3), 15);
  });
});
