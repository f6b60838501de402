import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { shiftFeatures } from "../../../shared/data/featureShift.ts";

const bytes: Dataset = {
  numExamples: 4,
  inputShape: [2],
  inputs: Uint8Array.of(0, 255, 10, 20, 100, 200, 7, 9),
  targets: Uint8Array.of(0, 1, 0, 1),
  targetSize: 1,
};
const rows = [Uint32Array.of(2, 0), Uint32Array.of(3)];
const rngOf = (client: number) => createRng(5, client);

describe("shiftFeatures", () => {
  it("rounds bytes and keeps them in their range, and leaves rows of nobody and labels alone", () => {
    const shifted = shiftFeatures(bytes, rows, { gain: [-2, -2], offset: [255, 255] }, rngOf);
    // 255 - 2x: 0 -> 255, 255 -> -255 -> 0, 100 -> 55, 200 -> 0, 7 -> 241, 9 -> 237; row 1 is nobody's.
    expect(shifted.inputs).toEqual(Uint8Array.of(255, 0, 10, 20, 55, 0, 241, 237));
    expect(shifted.targets).toBe(bytes.targets);
    expect(bytes.inputs[0]).toBe(0);
  });

  it("draws a gain and an offset for each client, the same ones for the same generator", () => {
    const data: Dataset = { ...bytes, inputs: Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1) };
    const shift = { gain: [1, 2], offset: [10, 20] } as const;
    const { inputs } = shiftFeatures(data, rows, shift, rngOf);
    expect(shiftFeatures(data, rows, shift, rngOf).inputs).toEqual(inputs);
    const offsets = [inputs[0], inputs[4], inputs[6]] as [number, number, number];
    const gains = [inputs[1], inputs[5], inputs[7]].map((one, i) => (one as number) - (offsets[i] as number));
    expect(offsets[0]).toBe(offsets[1]); // rows 0 and 2 are the first client's
    expect(offsets[2]).not.toBe(offsets[0]);
    for (const offset of offsets) expect(offset >= 10 && offset < 20).toBe(true);
    for (const gain of gains) expect(gain >= 1 && gain < 2).toBe(true);
  });

  it("refuses a bound that is no number", () => {
    expect(() => shiftFeatures(bytes, rows, { gain: [Number.NaN, 1], offset: [0, 0] }, rngOf)).toThrow('"gain"');
  });
});
