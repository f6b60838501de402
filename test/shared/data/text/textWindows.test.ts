import { describe, expect, it } from "vitest";
import { textWindows } from "../../../../shared/data/text/textWindows.ts";

const row = (values: ArrayLike<number>, at: number, length: number): number[] =>
  Array.from(values).slice(at * length, (at + 1) * length);

describe("textWindows", () => {
  it("predicts each token but the first of a stream once, and never across two streams", () => {
    const streams = [Int32Array.of(2, 3, 4, 5, 6), Int32Array.of(7, 8), Int32Array.of(9)];
    const data = textWindows(streams, { length: 3, numTokens: 10 });
    // 4 predictions in windows of 3: two windows; 1 prediction: one; none: none.
    expect(data).toMatchObject({ numExamples: 3, inputShape: [3], targetSize: 3 });
    expect([...data.inputs]).toEqual([2, 3, 4, 5, 0, 0, 7, 0, 0]);
    expect([...data.targets]).toEqual([3, 4, 5, 6, -1, -1, 8, -1, -1]);
    expect([...(data.groups ?? [])]).toEqual([0, 0, 1]);
  });

  it("stops at the first window that reaches the end when windows overlap", () => {
    const data = textWindows([Int32Array.of(0, 1, 2, 3, 4, 5)], { length: 4, stride: 1, numTokens: 6 });
    expect(data.numExamples).toBe(2); // starts 0 and 1; position 5 is predicted by the second
    expect(row(data.inputs, 1, 4)).toEqual([1, 2, 3, 4]);
    expect(row(data.targets, 1, 4)).toEqual([2, 3, 4, 5]);
  });

  it("shifts inputs against targets by one in every window", () => {
    const ids = Int32Array.from({ length: 1000 }, (_, at) => (at * at) % 251);
    const data = textWindows([ids], { length: 80, numTokens: 251 });
    for (let at = 0; at < data.inputs.length; at++) {
      if ((at + 1) % 80 === 0 || data.targets[at] === -1 || data.targets[at + 1] === -1) continue;
      expect(data.targets[at]).toBe(data.inputs[at + 1]);
    }
    expect(data.targets.filter((target) => target >= 0)).toHaveLength(999);
  });

  it("carries ids as bytes while they fit and as f32 beyond", () => {
    const stream = [Int32Array.of(0, 255, 1)];
    expect(textWindows(stream, { length: 2, numTokens: 256 }).inputs).toEqual(Uint8Array.of(0, 255));
    expect(textWindows(stream, { length: 2, numTokens: 257 }).inputs).toEqual(Float32Array.of(0, 255));
  });

  it("refuses a stride that would skip text, and ids that the vocabulary lacks", () => {
    const streams = [Int32Array.of(0, 5)];
    expect(() => textWindows(streams, { length: 2, stride: 3, numTokens: 6 })).toThrow('"stride" expected');
    expect(() => textWindows(streams, { length: 2, numTokens: 5 })).toThrow("[0, 4], got 5");
  });
});
