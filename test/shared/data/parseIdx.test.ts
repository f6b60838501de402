import { describe, expect, it } from "vitest";
import { DataFormatError } from "../../../shared/data/dataFormatError.ts";
import { idxDataset } from "../../../shared/data/idxDataset.ts";
import { parseIdx } from "../../../shared/data/parseIdx.ts";

/** Two images of 2 x 3 pixels, as LeCun's page lays them out. */
const IMAGES = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
const LABELS = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3);

describe("parseIdx", () => {
  it("reads bytes as a view, without a copy", () => {
    const { shape, values } = parseIdx(IMAGES);
    expect(shape).toEqual([2, 2, 3]);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(values.buffer).toBe(IMAGES.buffer);
  });

  it("reads big-endian i32 and f32 at any alignment", () => {
    const ints = Uint8Array.of(99, 0, 0, 0x0c, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe).subarray(1);
    expect([...parseIdx(ints).values]).toEqual([-2]);
    const floats = Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0); // 1.5
    expect([...parseIdx(floats).values]).toEqual([1.5]);
  });

  it.each([
    ["a compressed file", Uint8Array.of(0x1f, 0x8b, 8, 0), "two zero bytes"],
    ["an unknown type", Uint8Array.of(0, 0, 9, 1, 0, 0, 0, 0), "element type"],
    ["too many dimensions", Uint8Array.of(0, 0, 8, 5), "dimensions"],
    ["a short header", IMAGES.subarray(0, 10), "header expected 16 bytes, got 10"],
    ["a truncated body", IMAGES.subarray(0, 27), "expected 28 bytes, got 27"],
    ["a trailing byte", Uint8Array.of(...IMAGES, 0), "expected 28 bytes, got 29"],
    // 2^32-1 in each of four dimensions: the product does not fit an integer, and must not wrap to a small one.
    ["a size bomb", Uint8Array.of(0, 0, 8, 4, ...new Uint8Array(16).fill(255)), "elements"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseIdx(bytes)).toThrow(DataFormatError);
    expect(() => parseIdx(bytes)).toThrow(message);
  });
});

describe("idxDataset", () => {
  it("flattens images and pairs them with their labels", () => {
    const dataset = idxDataset(parseIdx(IMAGES), parseIdx(LABELS));
    expect(dataset).toMatchObject({ numExamples: 2, inputShape: [6], targetSize: 1 });
    expect([...dataset.targets]).toEqual([7, 3]);
  });

  it("refuses labels of another length, and swapped files", () => {
    const images = parseIdx(IMAGES);
    expect(() => idxDataset(images, { shape: [1], values: Uint8Array.of(1) })).toThrow("expected 2 entries");
    expect(() => idxDataset(parseIdx(LABELS), images)).toThrow("is this the images file?");
    expect(() => idxDataset(images, { shape: [2], values: Int32Array.of(0, -1) })).toThrow("expected >= 0, got -1");
  });

  it("refuses pixels that are not finite", () => {
    const images = { shape: [2, 1], values: Float32Array.of(1, Number.NaN) };
    expect(() => idxDataset(images, parseIdx(LABELS))).toThrow("image 1 holds NaN");
  });
});
