import { describe, expect, it } from "vitest";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { withInputShape } from "../../../shared/data/withInputShape.ts";

const DATA: Dataset = {
  numExamples: 2,
  inputShape: [6],
  inputs: new Uint8Array(12),
  targets: Uint8Array.of(0, 1),
  targetSize: 1,
};

describe("withInputShape", () => {
  it("shows the same memory in another shape", () => {
    const images = withInputShape(DATA, [2, 3, 1]);
    expect(images.inputShape).toEqual([2, 3, 1]);
    expect(images.inputs).toBe(DATA.inputs);
    expect(DATA.inputShape).toEqual([6]);
  });

  it("refuses a shape of another size", () => {
    expect(() => withInputShape(DATA, [2, 2])).toThrow('"inputShape" expected 6 elements as in [6], got [2,2]');
  });
});
