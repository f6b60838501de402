import type { RowMix } from "./rowMix.ts";
import type { UpdateRows } from "./updateRows.ts";

/**
 * One pass over the coordinates of all rows. A call is plain data beside its rows, so that any thread can run it on any
 * span of coordinates (`runSpan`).
 */
export type TileCall = TilePass & {
  readonly updates: UpdateRows;
  /** Which rows: made of the updates. */
  readonly mix: RowMix;
};

export type TilePass =
  /** sums: squared length of each row, [rows]. */
  | { readonly kind: "squared-norms" }
  /** sums: squared distance of each pair i < j, row by row, [rows (rows - 1) / 2]. */
  | { readonly kind: "squared-distances" }
  /** sums: inner product of each row with `vector`, [rows]. */
  | { readonly kind: "dots"; readonly vector: Float64Array }
  /** values: the only row of the mix. */
  | { readonly kind: "combination" }
  /** values: median of each coordinate; of an even number of rows the mean of the middle two. */
  | { readonly kind: "median" }
  /** values: mean of each coordinate without the `byzantine` lowest and highest. */
  | { readonly kind: "trimmed-mean"; readonly byzantine: number }
  /** values: mean of the `count` values of each coordinate nearest to its median; of equally near ones the earlier row. */
  | { readonly kind: "near-median-mean"; readonly count: number }
  /**
   * values: vector + Σ weight · (row - vector); sums: squared distance of each row from the values, then that of `vector`
   * from them, [rows + 1].
   */
  | { readonly kind: "move"; readonly vector: Float64Array; readonly weights: Float64Array }
  /** values: the only row of the mix + stdDev · standard normal noise from the seed. */
  | { readonly kind: "noisy-combination"; readonly stdDev: number; readonly seed: string };

export interface TileResult {
  /** Sums over all coordinates, in the order of the spans. */
  readonly sums: Float64Array;
  /** One value a coordinate, [numParams], or empty. The caller's to keep, not to change. */
  readonly values: Float64Array;
}

/** Runs passes; the result is the same to the last bit wherever and in whatever order the spans run. */
export interface TileRunner {
  /** @throws RangeError (or rejects) if a row holds NaN or infinity. */
  run(call: TileCall): TileResult | Promise<TileResult>;
}

/** Length of the sums of a call. */
export function numSums({ kind, mix }: TileCall): number {
  const count = mix.rows.length;
  switch (kind) {
    case "squared-norms":
    case "dots":
      return count;
    case "squared-distances":
      return (count * (count - 1)) / 2;
    case "move":
      return count + 1;
    default:
      return 0;
  }
}

/** Length of the values of a call. */
export function numValues({ kind, updates }: TileCall): number {
  return kind === "squared-norms" || kind === "squared-distances" || kind === "dots" ? 0 : updates.numParams;
}

/** Adds the sums of one span to those of the spans before it. */
export function addSums(total: Float64Array, ofSpan: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (ofSpan[i] as number);
}
