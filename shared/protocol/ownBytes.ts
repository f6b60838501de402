/** Binary as a transport delivers it: Socket.IO gives a Buffer in Node and an ArrayBuffer in a browser. */
export type BinaryInput = ArrayBuffer | ArrayBufferView;

/** True for an ArrayBuffer or a view of one, of any realm; false for shared memory, which may change while it is read. */
export function isBinaryInput(value: unknown): value is BinaryInput {
  const buffer: unknown = ArrayBuffer.isView(value) ? value.buffer : value;
  return Object.prototype.toString.call(buffer) === "[object ArrayBuffer]";
}

/**
 * A copy at offset 0 of its own buffer: aligned for every element type, a plain Uint8Array (not a Buffer), and nobody
 * else's to change. A received view may lie at any offset within a pool that the platform uses again.
 */
export function ownBytes(value: BinaryInput): Uint8Array<ArrayBuffer> {
  return new Uint8Array(viewOfBytes(value));
}

/** The same memory as bytes: a plain Uint8Array, not a Buffer. */
export function viewOfBytes(value: BinaryInput): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}
