/** The bits of an f32, as programs carry it; every NaN is the same one. */
export function floatBits(value: number): number {
  return Number.isNaN(value) ? 0x7fc00000 : new Int32Array(Float32Array.of(value).buffer)[0]!;
}
