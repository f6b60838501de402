/** Whether typed arrays of this machine already have the byte order of files and of the wire. */
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The values as little-endian bytes, always a copy. */
export function floatsToBytes(values: Float32Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  const view = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value, i) => void view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

/** Little-endian bytes, at any alignment, as values: always a copy. The byte count is a multiple of 4. */
export function bytesToFloats(bytes: Uint8Array): Float32Array {
  // Not bytes.slice(): of a Node Buffer that is a view, not a copy.
  if (isLittleEndian) return new Float32Array(new Uint8Array(bytes).buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Floats between this machine's byte order and that of files and of the wire, in place; the same bytes. */
export function reorderFloats<T extends Uint8Array>(bytes: T): T {
  if (!isLittleEndian) for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes;
}
