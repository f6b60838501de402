/**
 * Bytes of a protocol buffer message, in pieces: a large field is copied once, when the whole is put together.
 * Source of the format: https://protobuf.dev/programming-guides/encoding
 */
export interface Message {
  readonly parts: readonly Uint8Array[];
  /** Bytes of all parts. */
  readonly length: number;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** The fields one after the other; lists are repeated fields. */
export function message(...fields: readonly (Message | readonly Message[])[]): Message {
  const all = fields.flat() as Message[];
  return { parts: all.flatMap(({ parts }) => parts), length: all.reduce((sum, { length }) => sum + length, 0) };
}

/** An int64, int32 or enum field. */
export function intField(field: number, value: number): Message {
  return ofBytes([...tag(field, VARINT), ...varint(value)]);
}

/** A repeated int64 field, packed. */
export function intsField(field: number, values: readonly number[]): Message {
  return bytesField(field, Uint8Array.from(values.flatMap(varint)));
}

/** A float field. */
export function floatField(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return ofBytes([...tag(field, FIXED_32), ...bytes]);
}

/** A string field. */
export function textField(field: number, text: string): Message {
  return bytesField(field, new TextEncoder().encode(text));
}

/** A bytes field. The bytes are not copied before the whole is put together. */
export function bytesField(field: number, bytes: Uint8Array): Message {
  return messageField(field, { parts: [bytes], length: bytes.length });
}

/** A field that is itself a message. */
export function messageField(field: number, { parts, length }: Message): Message {
  const head = Uint8Array.from([...tag(field, LENGTH_DELIMITED), ...varint(length)]);
  return { parts: [head, ...parts], length: head.length + length };
}

/** The message as one array. */
export function toBytes({ parts, length }: Message): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function ofBytes(bytes: readonly number[]): Message {
  return { parts: [Uint8Array.from(bytes)], length: bytes.length };
}

function tag(field: number, wireType: number): number[] {
  return varint(field * 8 + wireType);
}

/** Seven bits a byte, the lowest first; a negative number as 64 bits in two's complement. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
