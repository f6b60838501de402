import type { RowMix } from "../rowMix.ts";
import type { ReadStored, UpdateRows } from "../updateRows.ts";

/** Coordinates [start, end) of the updates that a mix is made of, in memory. */
export interface RowWindow {
  readonly start: number;
  readonly end: number;
  /** By update, [end - start]; anything where the mix does not look. */
  readonly deltas: readonly Float32Array[];
}

/** Bytes that a window reads at once: of 1,000 rows 16 KiB each, so that opening their files takes no longer than reading. */
const WINDOW_BYTES = 16 * 2 ** 20;

/**
 * Opens windows one after the other, each in the memory of the last. Rows in memory are looked at without a copy; of rows in
 * files a stretch is read, whole multiples of `unit`, so that a thread's memory depends neither on their number nor on their
 * length; no window is longer than `longest` coordinates.
 */
export function rowWindows(
  updates: UpdateRows,
  { rows }: RowMix,
  { unit, longest, bytes = WINDOW_BYTES }: { readonly unit: number; readonly longest: number; readonly bytes?: number },
): (start: number, limit: number) => RowWindow {
  const used = new Set<number>();
  for (const { from } of rows) for (const update of from) used.add(update);
  const all = updates.clientIds.map((_, update) => updates.row(update));
  const isStored = all.map((row, update) => used.has(update) && !(row instanceof Float32Array));
  const numStored = isStored.filter(Boolean).length;
  const stretch = unit * Math.max(1, Math.floor(bytes / (4 * numStored * unit)));
  const length = numStored === 0 ? longest : Math.min(longest, stretch);
  const buffers = isStored.map((stored) => new Float32Array(stored ? length : 0));
  return (start, limit) => {
    const end = Math.min(limit, start + length);
    const deltas = all.map((row, update) => {
      if (row instanceof Float32Array) return row.subarray(start, end);
      const buffer = (buffers[update] as Float32Array).subarray(0, end - start);
      if (isStored[update]) (updates.readStored as ReadStored)(row, start, buffer);
      return buffer;
    });
    return { start, end, deltas };
  };
}
