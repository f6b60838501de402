/** Rows by number, and running sums. */
import { storeLanes } from "./lanes";

/** out[i] = table[indices[i]], in rows of `width`; `missing` for a row that the table does not have. */
export function gatherRows(
  table: usize,
  indices: usize,
  out: usize,
  count: i32,
  width: i32,
  rows: i32,
  missing: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    const row = i32.load(indices + ((<usize>i) << 2));
    if (<u32>row < <u32>rows) {
      memory.copy(out, table + <usize>row * bytes, bytes);
    } else {
      for (let j = 0; j < width; j++) f32.store(out + ((<usize>j) << 2), missing);
    }
    out += bytes;
  }
}

/** out[indices[i]] += x[i], in rows of `width`, in the order of i; a row that `out` does not have is left out. */
export function scatterAdd(x: usize, indices: usize, out: usize, count: i32, width: i32, rows: i32): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    const row = i32.load(indices + ((<usize>i) << 2));
    if (<u32>row < <u32>rows) {
      const to = out + <usize>row * bytes;
      for (let j = 0; j < width; j += 4) {
        const at = (<usize>j) << 2;
        storeLanes(to + at, f32x4.add(v128.load(to + at), v128.load(x + at)), width - j);
      }
    }
    x += bytes;
  }
}

/** Running sums along the middle axis of x [outer, length, inner]. */
export function cumulativeSum(x: usize, out: usize, outer: i32, length: i32, inner: i32, backwards: bool): void {
  const step = (<usize>inner) << 2;
  for (let o = 0; o < outer; o++) {
    for (let t = 0; t < length; t++) {
      const at = <usize>(o * length + (backwards ? length - 1 - t : t)) * step;
      const before = backwards ? at + step : at - step;
      for (let j = 0; j < inner; j++) {
        const k = (<usize>j) << 2;
        const value = f32.load(x + at + k);
        f32.store(out + at + k, t == 0 ? value : f32.load(out + before + k) + value);
      }
    }
  }
}
