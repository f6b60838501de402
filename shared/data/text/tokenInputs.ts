/** Zeros for ids of a vocabulary: bytes while they fit, else f32, which holds every id below 2^24 exactly. */
export function tokenInputs(length: number, numTokens: number): Uint8Array | Float32Array {
  return numTokens <= 256 ? new Uint8Array(length) : new Float32Array(length);
}
