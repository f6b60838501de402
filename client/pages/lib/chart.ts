/** From the value of a series to its place on the screen. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/**
 * A linear scale with round ticks. `from` and `to` are pixels; the domain is widened to whole steps.
 * Of a flat or empty series the domain is one step wide.
 */
export function linearScale(low: number, high: number, from: number, to: number, numTicks: number): Scale {
  const step = niceStep((high - low || 1) / numTicks);
  const start = Math.floor(low / step + 1e-9);
  const end = Math.max(start + 1, Math.ceil(high / step - 1e-9));
  const [first, last] = [start * step, end * step];
  return {
    low: first,
    high: last,
    place: (value) => from + ((value - first) / (last - first)) * (to - from),
    ticks: Array.from({ length: end - start + 1 }, (_, i) => (start + i) * step),
  };
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 2.5, 5].find((f) => f * power >= step * 0.999) ?? 10;
  return factor * power;
}

/** An SVG path through the points; points with no value are left out. */
export function linePath(points: readonly (readonly [x: number, y: number | undefined])[]): string {
  let path = "";
  for (const [x, y] of points) {
    if (y !== undefined) path += `${path === "" ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

/** At most `most` of the items, evenly spaced, the last one always among them. */
export function thinOut<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const stride = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => items[Math.round(i * stride)] as T);
}
