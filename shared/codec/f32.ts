import { ProtocolError } from "../base/errors.ts";
import { isLittleEndian, reorderFloats } from "../params/littleEndian.ts";
import type { Codec } from "./codec.ts";
import { findNotFinite } from "./finite.ts";

/**
 * IEEE 754 single precision, lossless.
 *
 *   f32(values) := f32le(value) for each value
 */
export const f32: Codec = {
  id: "f32",
  encodedBytes: (length) => 4 * length,
  encode(values) {
    const at = findNotFinite(values);
    if (at >= 0) throw new RangeError(`"values" expected finite numbers, got ${values[at]} at ${at}`);
    return reorderFloats(new Uint8Array(new Float32Array(values).buffer));
  },
  decode(bytes, length) {
    if (bytes.length !== 4 * length) {
      throw new ProtocolError(
        "MALFORMED",
        `f32 expected ${4 * length} bytes for ${length} values, got ${bytes.length}`,
      );
    }
    const { buffer, byteOffset } = bytes;
    if (isLittleEndian && byteOffset % 4 === 0 && buffer instanceof ArrayBuffer) {
      return new Float32Array(buffer, byteOffset, length);
    }
    return new Float32Array(reorderFloats(new Uint8Array(bytes)).buffer);
  },
};
