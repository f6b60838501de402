import { describe, expect, it } from "vitest";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { ROTATIONS, rotateImages } from "../../../shared/data/rotateImages.ts";

/** Five images [2, 2] with the pixels 1 2 / 3 4, the last one 5 6 / 7 8. */
const images: Dataset = {
  numExamples: 5,
  inputShape: [4],
  inputs: Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8),
  targets: Uint8Array.of(0, 1, 0, 1, 0),
  targetSize: 1,
};
const eachItsOwn = [0, 1, 2, 3, 4].map((row) => Uint32Array.of(row));

describe("rotateImages", () => {
  it("turns clients' images to the left, rotations in turn", () => {
    const { inputs, targets } = rotateImages(images, eachItsOwn, ROTATIONS);
    expect([...inputs]).toEqual([
      ...[1, 2, 3, 4], // 0
      ...[2, 4, 1, 3], // 90: the right column becomes the first line
      ...[4, 3, 2, 1], // 180
      ...[3, 1, 4, 2], // 270
      ...[5, 6, 7, 8], // 0 again
    ]);
    expect(targets).toBe(images.targets);
    expect(images.inputs[4]).toBe(1);
  });

  it("leaves rows of nobody alone", () => {
    expect([...rotateImages(images, [Uint32Array.of(4)], [180]).inputs.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  });

  it("refuses examples that are no squares", () => {
    expect(() => rotateImages({ ...images, numExamples: 4 }, eachItsOwn, [90])).toThrow("examples of 5 values");
    expect(() => rotateImages(images, eachItsOwn, [])).toThrow("at least one");
  });
});
