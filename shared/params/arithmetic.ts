// Flat arithmetic over params of equal length; each result is rounded to f32 once.

/** a - b, in fresh memory. With a = local and b = received params, the delta. */
export function subtract(a: Float32Array, b: Float32Array): Float32Array {
  assertSameLength(a, b);
  return a.map((value, i) => value - b[i]!);
}

/** a + factor · b, in fresh memory. */
export function addScaled(a: Float32Array, b: Float32Array, factor: number): Float32Array {
  assertSameLength(a, b);
  return a.map((value, i) => value + factor * b[i]!);
}

/** sqrt(Σ value²), summed in f64 in order. */
export function l2Norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function assertSameLength(a: Float32Array, b: Float32Array): void {
  if (a.length !== b.length) throw new RangeError(`params expected equal lengths, got ${a.length} and ${b.length}`);
}
