import * as v from "valibot";
import type { ServerState } from "./strategy.ts";

type Vectors = ServerState["vectors"];

/** Of a state's file. */
export const MAX_STATE_BYTES = 2 ** 31;
const BYTES_PER_ELEMENT = 8;
const MAX_VECTORS = 4096;
const NAME = /^[A-Za-z][A-Za-z0-9]{0,39}$/;

const countSchema = v.pipe(v.number(), v.integer(), v.minValue(0));
const headerSchema = v.record(
  v.pipe(v.string(), v.regex(NAME)),
  v.strictObject({
    dtype: v.literal("F64"),
    shape: v.tuple([countSchema]),
    data_offsets: v.tuple([countSchema, countSchema]),
  }),
);

/**
 * A state's vectors as one safetensors file of f64 arrays:
 *
 *   file := u64le(bytes of header) • header, JSON padded with spaces to a multiple of 8 • f64le data
 *
 * In the order of their names, without gaps or metadata: equal vectors have equal bytes.
 * Source: https://huggingface.co/docs/safetensors
 * @throws RangeError if a name is not a letter with up to 39 letters and digits, or the state is too large.
 */
export function encodeServerState(vectors: Vectors): Uint8Array {
  const sorted = [...vectors].sort(([a], [b]) => (a < b ? -1 : 1));
  const described = sorted.map(([name, { length }]) => ({ name, length }));
  const header = headerOf(described);
  const numBytes = fileBytes(header, described);
  if (numBytes > MAX_STATE_BYTES) {
    throw new RangeError(`server state expected <= ${MAX_STATE_BYTES} bytes, got ${numBytes}`);
  }
  const file = new Uint8Array(numBytes);
  file.set(header);
  const view = new DataView(file.buffer);
  let offset = header.length;
  for (const [, values] of sorted) {
    for (const value of values) {
      view.setFloat64(offset, value, true);
      offset += BYTES_PER_ELEMENT;
    }
  }
  return file;
}

/**
 * The vectors of `encodeServerState`; values are copies. Only its own form: what it would write otherwise is refused.
 * @throws RangeError for any other bytes.
 */
export function decodeServerState(bytes: Uint8Array): Vectors {
  const described = parseHeader(bytes);
  const header = headerOf(described);
  const expected = fileBytes(header, described);
  if (bytes.length !== expected) throw new RangeError(`server state expected ${expected} bytes, got ${bytes.length}`);
  if (!header.every((byte, i) => byte === bytes[i])) {
    throw new RangeError("server state expected the header that its arrays are written with, got another");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = header.length;
  return new Map(
    described.map(({ name, length }) => {
      const values = Float64Array.from({ length }, (_, i) => view.getFloat64(offset + BYTES_PER_ELEMENT * i, true));
      offset += BYTES_PER_ELEMENT * length;
      return [name, values];
    }),
  );
}

/** A vector of a state, without its values. */
export interface Described {
  readonly name: string;
  readonly length: number;
}

/** What `encodeServerState` would write for vectors of these lengths, before there are any. */
export function serverStateBytes(arrays: readonly Described[]): number {
  return fileBytes(headerOf(arrays), arrays);
}

function fileBytes(header: Uint8Array, arrays: readonly Described[]): number {
  return arrays.reduce((sum, { length }) => sum + BYTES_PER_ELEMENT * length, header.length);
}

function headerOf(arrays: readonly Described[]): Uint8Array {
  if (arrays.length > MAX_VECTORS)
    throw new RangeError(`server state expected <= ${MAX_VECTORS} vectors, got ${arrays.length}`);
  let end = 0;
  const members = arrays.map(({ name, length }) => {
    if (!NAME.test(name))
      throw new RangeError(`vector expected a name of letters and digits, got ${JSON.stringify(name)}`);
    const start = end;
    end += BYTES_PER_ELEMENT * length;
    return [name, { dtype: "F64", shape: [length], data_offsets: [start, end] }];
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(members)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

function parseHeader(bytes: Uint8Array): Described[] {
  if (bytes.length < 8) throw new RangeError(`server state expected >= 8 bytes, got ${bytes.length}`);
  if (bytes.length > MAX_STATE_BYTES)
    throw new RangeError(`server state expected <= ${MAX_STATE_BYTES} bytes, got ${bytes.length}`);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (headerBytes > bytes.length - 8)
    throw new RangeError(`server state's header of ${headerBytes} bytes runs past the end`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes)));
  } catch (cause) {
    throw new RangeError("server state's header is no JSON in UTF-8", { cause });
  }
  const result = v.safeParse(headerSchema, json, { abortEarly: true });
  if (!result.success) throw new RangeError(`server state's header is none: ${result.issues[0].message}`);
  return Object.entries(result.output).map(([name, { shape }]) => ({ name, length: shape[0] }));
}
