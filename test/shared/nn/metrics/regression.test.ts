import { describe, expect, it } from "vitest";
import { meanAbsoluteError } from "../../../../shared/nn/metrics/meanAbsoluteError.ts";
import { meanSquaredError } from "../../../../shared/nn/metrics/meanSquaredError.ts";
import type { Metric } from "../../../../shared/nn/metrics/metric.ts";
import { rSquared } from "../../../../shared/nn/metrics/rSquared.ts";

function measure(
  metric: Metric<number>,
  numRows: number,
  outputs: readonly number[],
  targets: readonly number[],
): number {
  const batch = { numRows, outputs: Float32Array.from(outputs), targets: Float32Array.from(targets) };
  return metric.finish(metric.update(metric.init(), batch));
}

describe("meanSquaredError and meanAbsoluteError", () => {
  it("mean over rows and outputs", () => {
    // Errors 1, -2, 0, 3.
    const [outputs, targets] = [
      [2, 0, 5, 4],
      [1, 2, 5, 1],
    ];
    expect(measure(meanSquaredError({ outputSize: 2 }), 2, outputs!, targets!)).toBe(14 / 4);
    expect(measure(meanAbsoluteError({ outputSize: 2 }), 2, outputs!, targets!)).toBe(6 / 4);
    expect(measure(meanSquaredError(), 4, outputs!, targets!)).toBe(14 / 4);
  });

  it("neither overflows nor vanishes anywhere in f32", () => {
    expect(measure(meanAbsoluteError(), 1, [3e38], [-3e38])).toBeCloseTo(6e38, -32);
    expect(measure(meanSquaredError(), 1, [2 ** -149], [0])).toBe(2 ** -298);
  });

  it("takes bytes as values, and refuses an Int32Array", () => {
    const mean = meanAbsoluteError();
    const outputs = Float32Array.of(1);
    expect(mean.finish(mean.update(mean.init(), { numRows: 1, outputs, targets: Uint8Array.of(3) }))).toBe(2);
    expect(() => mean.update(mean.init(), { numRows: 1, outputs, targets: Int32Array.of(3) })).toThrow(TypeError);
  });

  it("names the row of a value that is not finite", () => {
    expect(() => measure(meanSquaredError({ outputSize: 2 }), 2, [0, 0, 0, Number.NaN], [0, 0, 0, 1])).toThrow(
      '"meanSquaredError" expected finite values, got NaN for 1 in row 1',
    );
  });
});

describe("rSquared", () => {
  it("compares the error with that of the mean", () => {
    // Mean 2, Σ (y - 2)² = 4 + 0 + 4 = 8; errors 1, 0, 1: Σ = 2; 1 - 2/8.
    expect(measure(rSquared(), 3, [1, 2, 3], [0, 2, 4])).toBe(3 / 4);
    expect(measure(rSquared(), 3, [2, 2, 2], [0, 2, 4])).toBe(0); // the mean itself
    expect(measure(rSquared(), 3, [4, 2, 0], [0, 2, 4])).toBe(-3); // 1 - 32/8
  });

  it("means over the outputs of a row", () => {
    // First output as above: 3/4; second is met exactly: 1.
    expect(measure(rSquared({ outputSize: 2 }), 3, [1, 5, 2, 6, 3, 7], [0, 5, 2, 6, 4, 7])).toBe(7 / 8);
  });

  it("keeps every digit for values far from 0 that differ little", () => {
    // The first case a thousand times, in steps of 1/2 from 2^22: Σ (y - mean)² = 2000. n·Σ y² is near 2^67, where f64
    // goes in steps of 2^15, so the plain formula would be off by several units of 2000.
    const shift = 2 ** 22;
    const near = (values: readonly number[]) => Array.from({ length: 3000 }, (_, i) => shift + values[i % 3]! / 2);
    expect(measure(rSquared(), 3000, near([1, 2, 3]), near([0, 2, 4]))).toBe(3 / 4);
  });

  it("is 1 or 0 for a target that is constant", () => {
    expect(measure(rSquared(), 2, [5, 5], [5, 5])).toBe(1);
    expect(measure(rSquared(), 2, [5, 4], [5, 5])).toBe(0);
  });
});
