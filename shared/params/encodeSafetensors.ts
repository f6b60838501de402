import type { Shape } from "../graph/tensor.ts";
import { floatsToBytes } from "./littleEndian.ts";

/** A named array within a flat vector; `ParamsEntry` is one. */
export interface FlatArray {
  readonly name: string;
  readonly shape: Shape;
  /** In elements. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Arrays as one safetensors file:
 *
 *   file := u64le(bytes of header) • header, JSON padded with spaces to a multiple of 8 • f32le data
 *
 * Deterministic: arrays in the order given, keys in a fixed order, no metadata. The arrays tile `values` from 0.
 * Source: https://huggingface.co/docs/safetensors
 */
export function encodeSafetensors(arrays: readonly FlatArray[], values: Float32Array): Uint8Array {
  const length = arrays.reduce((end, array) => end + array.length, 0);
  if (values.length < length) throw new RangeError(`"values" expected >= ${length} elements, got ${values.length}`);
  const header = safetensorsHeader(arrays);
  const file = new Uint8Array(header.length + 4 * length);
  file.set(header);
  file.set(floatsToBytes(values.subarray(0, length)), header.length);
  return file;
}

/** Everything of the file before its data. */
export function safetensorsHeader(arrays: readonly FlatArray[]): Uint8Array {
  const members = arrays.map(({ name, shape, offset, length }) => {
    const description = { dtype: "F32", shape, data_offsets: [4 * offset, 4 * (offset + length)] };
    return `${JSON.stringify(name)}:${JSON.stringify(description)}`;
  });
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}
