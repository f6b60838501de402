/** The tenth of some values, at least one, that comes first in an order from the worst; how evenly a model serves its clients. */
export function worstTenth(values: readonly number[], worstFirst: (a: number, b: number) => number): readonly number[] {
  return values.toSorted(worstFirst).slice(0, Math.ceil(values.length / 10));
}
