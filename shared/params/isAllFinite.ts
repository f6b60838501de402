/**
 * Whether no value is NaN or infinite, told by the exponent bits: a NaN that passes through arithmetic may change its
 * payload, its exponent it keeps.
 */
export function isAllFinite(values: Float32Array): boolean {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return words.every((word) => (word & 0x7f800000) !== 0x7f800000);
}
