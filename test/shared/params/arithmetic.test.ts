import { describe, expect, it } from "vitest";
import { addScaled, l2Norm, subtract } from "../../../shared/params/arithmetic.ts";

describe("params arithmetic", () => {
  it("subtracts, adds a multiple and measures, leaving its arguments alone", () => {
    const a = Float32Array.of(3, 4);
    const b = Float32Array.of(1, -2);
    expect(subtract(a, b)).toEqual(Float32Array.of(2, 6));
    expect(addScaled(a, b, 0.5)).toEqual(Float32Array.of(3.5, 3));
    expect(l2Norm(a)).toBe(5);
    expect([a, b]).toEqual([Float32Array.of(3, 4), Float32Array.of(1, -2)]);
  });

  it("refuses unequal lengths", () => {
    expect(() => subtract(new Float32Array(2), new Float32Array(3))).toThrow("equal lengths, got 2 and 3");
  });
});
