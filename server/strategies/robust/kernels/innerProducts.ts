import { TILE } from "./tile.ts";

// Four sums side by side: one alone would wait for each addition to end. Tiles are padded with zeros to a multiple of 4.

/** Σ a·b over one tile, from offsets into two arrays. */
export function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let t = 0; t < TILE; t += 4) {
    s0 += (a[aStart + t] as number) * (b[bStart + t] as number);
    s1 += (a[aStart + t + 1] as number) * (b[bStart + t + 1] as number);
    s2 += (a[aStart + t + 2] as number) * (b[bStart + t + 2] as number);
    s3 += (a[aStart + t + 3] as number) * (b[bStart + t + 3] as number);
  }
  return s0 + s1 + (s2 + s3);
}

/** Σ (a - b)² over one tile. */
export function squaredDistance(a: Float64Array, aStart: number, b: Float64Array, bStart: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let t = 0; t < TILE; t += 4) {
    const d0 = (a[aStart + t] as number) - (b[bStart + t] as number);
    const d1 = (a[aStart + t + 1] as number) - (b[bStart + t + 1] as number);
    const d2 = (a[aStart + t + 2] as number) - (b[bStart + t + 2] as number);
    const d3 = (a[aStart + t + 3] as number) - (b[bStart + t + 3] as number);
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  return s0 + s1 + (s2 + s3);
}
