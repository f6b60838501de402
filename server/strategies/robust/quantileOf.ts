/** The smallest value that at least the fraction `quantile` (0, 1] of the values does not exceed: one of the values. */
export function quantileOf(values: Float64Array, quantile: number): number {
  // The product of a count and 0.7 may lie a rounding error above a whole number.
  const rank = Math.max(1, Math.ceil(values.length * quantile - 1e-9));
  return values.slice().sort()[rank - 1] as number;
}
