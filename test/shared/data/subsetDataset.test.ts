import { describe, expect, it } from "vitest";
import { concatDatasets } from "../../../shared/data/concatDatasets.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { subsetDataset } from "../../../shared/data/subsetDataset.ts";

const DATA: Dataset = {
  numExamples: 3,
  inputShape: [2],
  inputs: Uint8Array.of(1, 2, 3, 4, 5, 6),
  targets: Int32Array.of(7, 8, 9),
  targetSize: 1,
};

describe("subsetDataset", () => {
  it("copies the rows asked for, in their order", () => {
    const part = subsetDataset(DATA, [2, 0, 2]);
    expect(part).toEqual({
      ...DATA,
      inputs: Uint8Array.of(5, 6, 1, 2, 5, 6),
      targets: Int32Array.of(9, 7, 9),
    });
    part.inputs[0] = 99;
    expect(DATA.inputs[4]).toBe(5);
  });

  it("keeps whose each row is", () => {
    expect(subsetDataset({ ...DATA, groups: Uint32Array.of(4, 5, 6) }, [2, 0]).groups).toEqual(Uint32Array.of(6, 4));
    expect(subsetDataset(DATA, [2])).not.toHaveProperty("groups");
  });

  it("refuses a row that is not there", () => {
    expect(() => subsetDataset(DATA, [3])).toThrow("[0, 2]");
  });
});

describe("concatDatasets", () => {
  it("puts the second after the first", () => {
    const both = concatDatasets(DATA, subsetDataset(DATA, [1]));
    expect(both.numExamples).toBe(4);
    expect([...both.inputs]).toEqual([1, 2, 3, 4, 5, 6, 3, 4]);
    expect([...both.targets]).toEqual([7, 8, 9, 8]);
  });

  it("refuses datasets that do not fit together", () => {
    expect(() => concatDatasets(DATA, { ...DATA, inputShape: [1] })).toThrow(TypeError);
    expect(() => concatDatasets(DATA, { ...DATA, targets: Uint8Array.of(1, 2, 3) })).toThrow("one type");
  });
});
