import { ProtocolError } from "../base/errors.ts";
import { findNotFinite } from "../codec/finite.ts";
import { sharedEntries } from "./encodeParams.ts";
import { safetensorsHeader } from "./encodeSafetensors.ts";
import { bytesToFloats } from "./littleEndian.ts";
import type { ParamsSpec } from "./paramsSpec.ts";

/**
 * The shared params from what `encodeParams` gave, [spec.sharedLength]; a copy, whatever the alignment of the bytes.
 * Only those exact bytes are accepted, because their hash is the identity of the params: a checkpoint written by other
 * tools goes through `parseSafetensors` and `paramsFromArrays`.
 * @throws ProtocolError SHAPE_MISMATCH for another layout or length, NOT_FINITE for a NaN or infinite value.
 */
export function decodeParams(spec: ParamsSpec, bytes: Uint8Array): Float32Array {
  const header = safetensorsHeader(sharedEntries(spec));
  const expected = header.length + 4 * spec.sharedLength;
  if (bytes.length !== expected) {
    throw new ProtocolError("SHAPE_MISMATCH", `params expected ${expected} bytes, got ${bytes.length}`);
  }
  if (header.some((byte, i) => byte !== bytes[i])) {
    throw new ProtocolError("SHAPE_MISMATCH", "params expected the safetensors header of this model, got another");
  }
  const values = bytesToFloats(bytes.subarray(header.length));
  if (findNotFinite(values) >= 0) throw new ProtocolError("NOT_FINITE", "params hold a NaN or infinite value");
  return values;
}
