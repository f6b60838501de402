import { ProtocolError } from "../base/errors.ts";
import { type ContentHash, contentHashBytes, formatContentHash, fromHex, toHex } from "../base/hash.ts";

/** How one field of a fixed layout is written; multi-byte numbers are little-endian. */
type FieldKind =
  | "u8"
  | "u16"
  | "u32"
  | "u53" // 8 bytes, a whole number below 2^53
  | "f64" // 8 bytes, finite, >= 0, never -0
  | "runId" // 16 bytes, a text of 32 hex digits in memory
  | "ticket" // 16 bytes
  | "key" // 32 bytes
  | "hash" // 32 bytes, a content hash in memory
  | "hashOrZero"; // 32 bytes, all zero for null

interface FieldValues {
  readonly u8: number;
  readonly u16: number;
  readonly u32: number;
  readonly u53: number;
  readonly f64: number;
  readonly runId: string;
  readonly ticket: Uint8Array;
  readonly key: Uint8Array;
  readonly hash: ContentHash;
  readonly hashOrZero: ContentHash | null;
}

const KIND_BYTES: Readonly<Record<FieldKind, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u53: 8,
  f64: 8,
  runId: 16,
  ticket: 16,
  key: 32,
  hash: 32,
  hashOrZero: 32,
};

const ZERO_HASH = new Uint8Array(KIND_BYTES.hash);

/** Bytes of the domain tag that starts everything signed: ASCII, padded with zeros. */
const TAG_BYTES = 24;

type FieldKinds = Readonly<Record<string, FieldKind>>;
export type ValuesOf<F extends FieldKinds> = { readonly [K in keyof F]: FieldValues[F[K]] };

/** A signed record of fixed fields, in the order of its table: the same value has exactly one encoding. */
export interface BinaryLayout<F extends FieldKinds> {
  readonly byteLength: number;
  /** For documents and tests: each field with its first byte and length. */
  readonly table: readonly {
    readonly name: string;
    readonly kind: string;
    readonly offset: number;
    readonly bytes: number;
  }[];
  /** @throws RangeError if a value does not fit its field. */
  encode(values: ValuesOf<F>): Uint8Array<ArrayBuffer>;
  /** @throws ProtocolError MALFORMED unless the bytes are what `encode` gives for some value. */
  parse(bytes: Uint8Array): ValuesOf<F>;
}

/** A layout from a domain tag and the kinds of its fields, in order. */
export function binaryLayout<const F extends FieldKinds>(tag: string, fields: F): BinaryLayout<F> {
  const tagBytes = new Uint8Array(TAG_BYTES);
  tagBytes.set(new TextEncoder().encode(tag));
  const table: { name: string; kind: FieldKind; offset: number; bytes: number }[] = [];
  let byteLength = TAG_BYTES;
  for (const [name, kind] of Object.entries(fields)) {
    table.push({ name, kind, offset: byteLength, bytes: KIND_BYTES[kind] });
    byteLength += KIND_BYTES[kind];
  }
  return {
    byteLength,
    table: [{ name: "tag", kind: `"${tag}"`, offset: 0, bytes: TAG_BYTES }, ...table],
    encode(values) {
      const bytes = new Uint8Array(byteLength);
      bytes.set(tagBytes);
      for (const { name, kind, offset } of table) writeField(bytes, offset, name, kind, values[name]);
      return bytes;
    },
    parse(bytes) {
      if (bytes.length !== byteLength) throw malformed(`"${tag}" expected ${byteLength} bytes, got ${bytes.length}`);
      if (tagBytes.some((byte, i) => bytes[i] !== byte)) throw malformed(`"${tag}" expected its own domain tag`);
      const values: [string, unknown][] = table.map(({ name, kind, offset }) => [
        name,
        readField(bytes, offset, name, kind),
      ]);
      return Object.fromEntries(values) as ValuesOf<F>;
    },
  };
}

function writeField(bytes: Uint8Array, offset: number, name: string, kind: FieldKind, value: unknown): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, KIND_BYTES[kind]);
  if (kind === "u8") view.setUint8(0, whole(name, value, 2 ** 8 - 1));
  else if (kind === "u16") view.setUint16(0, whole(name, value, 2 ** 16 - 1), true);
  else if (kind === "u32") view.setUint32(0, whole(name, value, 2 ** 32 - 1), true);
  else if (kind === "u53") view.setBigUint64(0, BigInt(whole(name, value, Number.MAX_SAFE_INTEGER)), true);
  else if (kind === "f64") view.setFloat64(0, plainFloat(name, value), true);
  else if (kind === "runId") bytes.set(exactly(name, fromHex(value as string), KIND_BYTES[kind]), offset);
  else if (kind === "hash") bytes.set(contentHashBytes(value as ContentHash), offset);
  else if (kind === "hashOrZero")
    bytes.set(value === null ? ZERO_HASH : contentHashBytes(value as ContentHash), offset);
  else bytes.set(exactly(name, value as Uint8Array, KIND_BYTES[kind]), offset);
}

function readField(bytes: Uint8Array, offset: number, name: string, kind: FieldKind): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, KIND_BYTES[kind]);
  const slice = (): Uint8Array => Uint8Array.from(bytes.subarray(offset, offset + KIND_BYTES[kind]));
  switch (kind) {
    case "u8":
      return view.getUint8(0);
    case "u16":
      return view.getUint16(0, true);
    case "u32":
      return view.getUint32(0, true);
    case "u53": {
      const value = view.getBigUint64(0, true);
      if (value > BigInt(Number.MAX_SAFE_INTEGER))
        throw malformed(`"${name}" expected a number below 2^53, got ${value}`);
      return Number(value);
    }
    case "f64": {
      const value = view.getFloat64(0, true);
      if (!isPlainFloat(value)) throw malformed(`"${name}" expected a finite number >= 0, got ${value}`);
      return value;
    }
    case "runId":
      return toHex(slice());
    case "ticket":
    case "key":
      return slice();
    case "hash":
      return formatContentHash(slice());
    case "hashOrZero":
      return slice().every((byte) => byte === 0) ? null : formatContentHash(slice());
  }
}

function whole(name: string, value: unknown, maximum: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximum) return value + 0;
  throw new RangeError(`"${name}" expected a whole number in [0, ${maximum}], got ${value}`);
}

function plainFloat(name: string, value: unknown): number {
  if (typeof value === "number" && isPlainFloat(value)) return value;
  throw new RangeError(`"${name}" expected a finite number >= 0, got ${value}`);
}

function exactly(name: string, value: Uint8Array, length: number): Uint8Array {
  if (value.length !== length) throw new RangeError(`"${name}" expected ${length} bytes, got ${value.length}`);
  return value;
}

function isPlainFloat(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && !Object.is(value, -0);
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("MALFORMED", message);
}
