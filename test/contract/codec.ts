import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Codec } from "../../shared/codec/codec.ts";

export interface CodecTraits {
  /** How far a decoded value may lie from the value that was encoded; 0 for a lossless codec. */
  readonly maxError: (values: Float32Array) => number;
}

/** What every codec must do. */
export function describeCodec(codec: Codec, traits: CodecTraits): void {
  const values = fc.float32Array({ maxLength: 200, noNaN: true, noDefaultInfinity: true });

  describe(`${codec.id} (codec contract)`, () => {
    it("gives back what it was given, within its bound", () => {
      fc.assert(
        fc.property(values, (given) => {
          const decoded = codec.decode(codec.encode(given), given.length);
          const bound = traits.maxError(given);
          return (
            decoded.length === given.length && decoded.every((x, i) => Math.abs(x - (given[i] as number)) <= bound)
          );
        }),
        { seed: 20_260_101, numRuns: 300 },
      );
    });

    it("says beforehand how many bytes it makes", () => {
      fc.assert(
        fc.property(values, (given) => codec.encode(given).length === codec.encodedBytes(given.length)),
        { seed: 20_260_102 },
      );
    });

    it("makes the same bytes from a view at an odd place as from an array of its own", () => {
      const own = Float32Array.of(1.5, -2, 3e-40, 1e30);
      const shifted = new Float32Array(7);
      shifted.set(own, 3);
      expect(codec.encode(shifted.subarray(3))).toEqual(codec.encode(own));
    });

    it("decodes bytes at any alignment, and changes none of them", () => {
      const encoded = codec.encode(Float32Array.of(1, 2, 3));
      for (let shift = 0; shift < 4; shift++) {
        const pool = new Uint8Array(encoded.length + 4);
        pool.set(encoded, shift);
        const decoded = codec.decode(pool.subarray(shift, shift + encoded.length), 3);
        expect(decoded).toEqual(codec.decode(encoded, 3));
        expect(pool.subarray(shift, shift + encoded.length)).toEqual(encoded);
      }
    });

    it.each([-1, 1, 4, -12])("refuses an encoding that is %i bytes off", (by) => {
      const encoded = codec.encode(Float32Array.of(1, 2, 3));
      const wrong = new Uint8Array(encoded.length + by);
      expect(() => codec.decode(wrong, 3)).toThrow(ProtocolError);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("does not encode %f", (bad) => {
      for (const at of [0, 5, 9]) {
        const given = new Float32Array(10);
        given[at] = bad;
        expect(() => codec.encode(given)).toThrow(RangeError);
      }
    });
  });
}
