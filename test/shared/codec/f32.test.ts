import { describe, expect, it } from "vitest";
import { f32 } from "../../../shared/codec/f32.ts";
import { findNotFinite, magnitudeOfBits, maxMagnitudeBits } from "../../../shared/codec/finite.ts";
import { codecById } from "../../../shared/codec/registry.ts";
import { describeCodec } from "../../contract/codec.ts";
import { errorCodeOf } from "../../support/errorCodeOf.ts";

describeCodec(f32, { maxError: () => 0 });

describe("f32", () => {
  it("writes IEEE 754 single precision, little-endian", () => {
    // 1.0 = 0x3f800000, -2.5 = 0xc0200000
    expect([...f32.encode(Float32Array.of(1, -2.5))]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]);
  });

  it("keeps the sign of zero and numbers below the normal range", () => {
    const decoded = f32.decode(f32.encode(Float32Array.of(-0, 1e-45)), 2);
    expect(Object.is(decoded[0], -0)).toBe(true);
    expect(decoded[1]).toBeGreaterThan(0);
  });
});

describe("finiteness by exponent bits", () => {
  it("finds every NaN, whatever its sign and payload, and both infinities", () => {
    for (const bits of [0x7fc00000, 0x7f800001, 0x7fffffff, 0xffc00000, 0xff800001, 0x7f800000, 0xff800000]) {
      const values = new Float32Array(new Uint32Array([0, 0x7f7fffff, bits, 0]).buffer);
      expect(findNotFinite(values)).toBe(2);
    }
  });

  it("takes the largest and smallest finite numbers", () => {
    expect(findNotFinite(Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0))).toBe(-1);
  });

  it("orders magnitudes as their numbers", () => {
    const values = Float32Array.of(0.25, -7.5, 7.25, 1e-40);
    expect(magnitudeOfBits(maxMagnitudeBits(values))).toBe(7.5);
    expect(magnitudeOfBits(maxMagnitudeBits(new Float32Array(0)))).toBe(0);
  });
});

describe("codecById", () => {
  it("finds f32 and refuses the rest, inherited names too", () => {
    expect(codecById("f32")).toBe(f32);
    for (const id of ["f33", "", "__proto__", "constructor", "toString"]) {
      expect(errorCodeOf(() => codecById(id))).toBe("CODEC_UNSUPPORTED");
    }
  });
});
