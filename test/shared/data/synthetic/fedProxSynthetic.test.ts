import { describe, expect, it } from "vitest";
import type { Dataset } from "../../../../shared/data/dataset.ts";
import { fedProxSynthetic } from "../../../../shared/data/synthetic/fedProxSynthetic.ts";

const sizesOf = ({ groups = new Uint32Array() }: Dataset): number[] => {
  const sizes: number[] = [];
  for (const device of groups) sizes[device] = (sizes[device] ?? 0) + 1;
  return sizes;
};

describe("fedProxSynthetic", () => {
  const many = fedProxSynthetic({ alpha: 1, beta: 2, numDevices: 200, seed: 1 });
  const sizes = sizesOf(many);

  it("gives each device 50 examples and floor(e^(4 + 2z)) more", () => {
    expect(sizes).toHaveLength(200);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(50);
    // Above e^4 with chance 1/2, above e^6 with chance 0.159: 200 draws, 5 standard deviations of 7.07 and 5.17 (false alarm 6e-7).
    const above = (bound: number): number => sizes.filter((size) => size - 50 >= bound).length;
    expect(Math.abs(above(Math.exp(4)) - 100)).toBeLessThan(5 * 7.07);
    expect(Math.abs(above(Math.exp(6)) - 31.7)).toBeLessThan(5 * 5.17);
  });

  it("spreads the inputs of a device by j^-1.2 about a centre of its own, and centres by beta", () => {
    const start = new Array<number>(200).fill(0);
    for (let device = 1; device < 200; device++) start[device] = start[device - 1]! + sizes[device - 1]!;
    const column = (device: number, j: number): number[] =>
      Array.from({ length: sizes[device]! }, (_, i) => many.inputs[(start[device]! + i) * 60 + j]!);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = (values: readonly number[]): number => {
      const centre = mean(values);
      return mean(values.map((value) => (value - centre) ** 2));
    };
    const largest = sizes.indexOf(Math.max(...sizes));
    for (const j of [0, 9, 59]) {
      const ratio = variance(column(largest, j)) / (j + 1) ** -1.2;
      expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt(2 / sizes[largest]!));
    }
    // The mean of a device's inputs has variance beta² + 1/60, and next to nothing of the examples; 5 standard errors of 200.
    const centres = sizes.map((_, device) => mean(Array.from({ length: 60 }, (_, j) => mean(column(device, j)))));
    const expected = 4 + 1 / 60;
    expect(Math.abs(mean(centres))).toBeLessThan(5 * Math.sqrt(expected / 200));
    expect(Math.abs(variance(centres) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / 200) + 0.01);
  });

  it("labels devices by models of their own: what one says is most common differs", () => {
    const common = new Set<number>();
    for (let device = 0; device < 30; device++) {
      const counts = new Array<number>(10).fill(0);
      for (const [row, group] of many.groups!.entries()) if (group === device) counts[many.targets[row]!]!++;
      common.add(counts.indexOf(Math.max(...counts)));
    }
    expect(common.size).toBeGreaterThan(5);
  });

  it("draws a device from the seed and its number alone", () => {
    const few = fedProxSynthetic({ alpha: 1, beta: 2, numDevices: 3, seed: 1 });
    expect(sizesOf(few)).toEqual(sizes.slice(0, 3));
    expect(few.inputs.every((value, at) => value === many.inputs[at])).toBe(true);
    expect(few.targets.every((label, row) => label === many.targets[row])).toBe(true);
    expect(fedProxSynthetic({ alpha: 1, beta: 2, numDevices: 3, seed: 2 }).inputs[0]).not.toBe(few.inputs[0]);
  });

  it("gives the same labels whatever alpha: it raises all scores of a device alike", () => {
    const [one, other] = [0, 5].map((alpha) => fedProxSynthetic({ alpha, beta: 1, numDevices: 5, seed: 3 }));
    expect(one!.targets).toEqual(other!.targets);
    expect(new Set(one!.targets).size).toBeGreaterThan(1);
  });

  it.each([{ alpha: -1 }, { beta: 1001 }, { numDevices: 0 }, { numDevices: 10_001 }])("refuses %o", (wrong) => {
    expect(() => fedProxSynthetic({ alpha: 1, beta: 1, numDevices: 2, seed: 1, ...wrong })).toThrow(RangeError);
  });
});
