/**
 * Values to bytes and back. A codec is pure and deterministic: the same values give the same bytes on every machine,
 * since the bytes are hashed and signed.
 */
export interface Codec {
  /** Its name in plans and manifests; never reused for another encoding. */
  readonly id: string;
  /** Bytes of `length` encoded values. */
  encodedBytes(length: number): number;
  /** @throws RangeError if a value is NaN or infinite: a diverged client must not reach the wire. */
  encode(values: Float32Array): Uint8Array<ArrayBuffer>;
  /**
   * The values; where they lie in the bytes as the platform has them, a view: whoever goes on with both writes to neither.
   * Does not judge them: NaN and infinities are found by the next check.
   * @throws ProtocolError MALFORMED unless the bytes are `length` values long.
   */
  decode(bytes: Uint8Array, length: number): Float32Array<ArrayBuffer>;
}
