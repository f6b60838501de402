import { selectNth } from "./selectNth.ts";

// Each takes the values of one coordinate, one a row, and may reorder them.

/** Median; of an even number of values the mean of the middle two. */
export function medianOf(values: Float64Array): number {
  const { length } = values;
  const upper = length >> 1;
  selectNth(values, upper, 0, length - 1);
  if (length % 2 === 1) return values[upper] as number;
  let lower = values[0] as number;
  for (let i = 1; i < upper; i++) if ((values[i] as number) > lower) lower = values[i] as number;
  return (lower + (values[upper] as number)) / 2;
}

/** Mean without the `byzantine` lowest and as many highest values. */
export function trimmedMeanOf(values: Float64Array, byzantine: number): number {
  const end = values.length - byzantine;
  if (byzantine > 0) {
    selectNth(values, byzantine, 0, values.length - 1);
    selectNth(values, end - 1, byzantine, values.length - 1);
  }
  let sum = 0;
  for (let i = byzantine; i < end; i++) sum += values[i] as number;
  return sum / (end - byzantine);
}

/**
 * Mean of the `count` values nearest to the median, of equally near ones the earlier. `sorted` and `distances` are
 * scratch of the same length.
 */
export function nearMedianMeanOf(
  values: Float64Array,
  count: number,
  scratch: { readonly sorted: Float64Array; readonly distances: Float64Array },
): number {
  const { sorted, distances } = scratch;
  sorted.set(values);
  const median = medianOf(sorted);
  for (let i = 0; i < values.length; i++) sorted[i] = distances[i] = Math.abs((values[i] as number) - median);
  selectNth(sorted, count - 1, 0, sorted.length - 1);
  const farthest = sorted[count - 1] as number;
  // Those nearer than the last one all count; of those as far as it, as many as there is room for.
  let room = count;
  for (let i = 0; i < values.length; i++) if ((distances[i] as number) < farthest) room -= 1;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = distances[i] as number;
    if (distance > farthest) continue;
    if (distance === farthest && room-- <= 0) continue;
    sum += values[i] as number;
  }
  return sum / count;
}
