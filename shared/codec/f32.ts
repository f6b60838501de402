import { ProtocolError } from "../base/errors.ts";
import type { Codec } from "./codec.ts";
import { findNotFinite } from "./finite.ts";

const PLATFORM_IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

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
    return swapped(new Uint8Array(new Float32Array(values).buffer));
  },
  decode(bytes, length) {
    if (bytes.length !== 4 * length) {
      throw new ProtocolError(
        "MALFORMED",
        `f32 expected ${4 * length} bytes for ${length} values, got ${bytes.length}`,
      );
    }
    const { buffer, byteOffset } = bytes;
    if (PLATFORM_IS_LITTLE_ENDIAN && byteOffset % 4 === 0 && buffer instanceof ArrayBuffer) {
      return new Float32Array(buffer, byteOffset, length);
    }
    return new Float32Array(swapped(new Uint8Array(bytes)).buffer);
  },
};

/** The bytes as they are on little-endian machines; reversed four by four, in place, on others. */
function swapped(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (!PLATFORM_IS_LITTLE_ENDIAN) for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes;
}
