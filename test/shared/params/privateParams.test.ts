import { describe, expect, it } from "vitest";
import { buildParamsSpec } from "../../../shared/params/buildParamsSpec.ts";
import { encodeSafetensors } from "../../../shared/params/encodeSafetensors.ts";
import { frozenLength, withFrozen } from "../../../shared/params/frozenParams.ts";
import type { NamedArray } from "../../../shared/params/parseSafetensors.ts";
import { parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { personalLayout } from "../../../shared/params/personalLayout.ts";

/** Shared s [2], then the private ones in the order given: scale [2], frozen base [3], mean [1]. */
const SPEC = buildParamsSpec([
  { name: "scale", shape: [2], scope: "private", kind: "trainable" },
  { name: "base", shape: [3], scope: "private", kind: "frozen" },
  { name: "s", shape: [2], scope: "shared", kind: "trainable" },
  { name: "mean", shape: [1], scope: "private", kind: "statistic" },
]);
const PARAMS = Float32Array.of(1, 2, 30, 31, 40, 41, 42, 50);

describe("personalLayout", () => {
  const layout = personalLayout(SPEC);

  it("takes trainable and statistic private params, and leaves out frozen and shared ones", () => {
    expect(layout.length).toBe(3);
    expect(layout.take(PARAMS.subarray(2))).toEqual(Float32Array.of(30, 31, 50));
  });

  it("places them where they were, and touches nothing else", () => {
    const params = new Float32Array(8);
    layout.place(params, Float32Array.of(30, 31, 50));
    expect(params).toEqual(Float32Array.of(0, 0, 30, 31, 0, 0, 0, 50));
  });

  it("lays them out as a file of their own", () => {
    const bytes = encodeSafetensors(layout.arrays, Float32Array.of(30, 31, 50));
    const arrays = parseSafetensors(bytes, { maxBytes: 1000 });
    expect([...arrays].map(([name, { values }]) => [name, ...values])).toEqual([
      ["scale", 30, 31],
      ["mean", 50],
    ]);
  });

  it("is empty for a model that shares everything", () => {
    const shared = buildParamsSpec([{ name: "w", shape: [2], scope: "shared", kind: "trainable" }]);
    expect(personalLayout(shared)).toMatchObject({ length: 0, arrays: [] });
    expect(personalLayout(shared).take(new Float32Array())).toEqual(new Float32Array());
  });

  it("refuses vectors of another length", () => {
    expect(() => layout.take(PARAMS)).toThrow('"privateParams" expected 6 values, got 8');
    expect(() => layout.place(new Float32Array(7), new Float32Array(3))).toThrow('"params" expected 8 values, got 7');
    expect(() => layout.place(new Float32Array(8), new Float32Array(4))).toThrow('"personal" expected 3 values, got 4');
  });
});

describe("withFrozen", () => {
  const base = (name: string, values: readonly number[]): Map<string, NamedArray> =>
    new Map([[name, { shape: [values.length], values: Float32Array.from(values) }]]);

  it("fills the frozen entries of a copy", () => {
    expect(frozenLength(SPEC)).toBe(3);
    expect(withFrozen(SPEC, PARAMS, base("base", [7, 8, 9]))).toEqual(Float32Array.of(1, 2, 30, 31, 7, 8, 9, 50));
    expect(PARAMS[4]).toBe(40);
  });

  it.each([
    ["a missing array", new Map(), 'base expected "base" [3], got none'],
    ["another shape", base("base", [7, 8]), 'base expected "base" [3], got [2]'],
    ["an array that is not frozen", base("s", [7, 8]), 'base expected the frozen arrays of this model, got "s"'],
  ])("refuses %s", (_, arrays, message) => {
    expect(() => withFrozen(SPEC, PARAMS, arrays)).toThrow(message);
  });
});
