/** Σ values, smallest first: the same bits for every order in which they came. */
export function sumSorted(values: Iterable<number>): number {
  let sum = 0;
  for (const value of Float64Array.from(values).sort()) sum += value;
  return sum;
}
