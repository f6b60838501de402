/** Sums over any axes: a summed axis is one where `out` has stride 0. `out` holds the start values. */
import { storeLanes, sumLanes } from "./lanes";

/** The larger of the values in place of their sum; NaN if one is. */
export function reduceMax(rank: i32, axis: i32, table: usize, x: usize, out: usize): void {
  const at = table + ((<usize>axis) << 2);
  const step = (<usize>rank) << 2;
  const n = i32.load(at);
  const sx = (<usize>i32.load(at + step)) << 2;
  const so = (<usize>i32.load(at + 2 * step)) << 2;
  for (let i = 0; i < n; i++) {
    if (axis == rank - 1) f32.store(out, max(f32.load(out), f32.load(x)));
    else reduceMax(rank, axis + 1, table, x, out);
    x += sx;
    out += so;
  }
}

function reduceRow(n: i32, x: usize, sx: i32, out: usize, so: i32): void {
  if (so == 1 && sx == 1) {
    for (; n > 0; n -= 4) {
      storeLanes(out, f32x4.add(v128.load(out), v128.load(x)), n);
      out += 16;
      x += 16;
    }
    return;
  }
  if (so == 0 && sx == 1 && n >= 4) {
    let sum = v128.load(x);
    for (n -= 4, x += 16; n >= 4; n -= 4, x += 16) sum = f32x4.add(sum, v128.load(x));
    f32.store(out, f32.load(out) + sumLanes(sum));
  }
  for (; n > 0; n--) {
    f32.store(out, f32.load(out) + f32.load(x));
    x += (<usize>sx) << 2;
    out += (<usize>so) << 2;
  }
}

/** Rows of at most 8 neighbours, `rowX` bytes apart, added to one row, which stays in registers. Loads may run past a row. */
function sumRows(rows: i32, columns: i32, x: usize, rowX: usize, out: usize): void {
  let low = v128.load(out);
  let high = v128.load(out, 16);
  for (; rows > 0; rows--) {
    low = f32x4.add(low, v128.load(x));
    high = f32x4.add(high, v128.load(x, 16));
    x += rowX;
  }
  storeLanes(out, low, columns);
  if (columns > 4) storeLanes(out + 16, high, columns - 4);
}

/** `table` holds `rank` words each of dims, strides of x, strides of out; `axis` is the one to walk. */
export function reduceSum(rank: i32, axis: i32, table: usize, x: usize, out: usize): void {
  const at = table + ((<usize>axis) << 2);
  const step = (<usize>rank) << 2;
  const n = i32.load(at);
  const sx = i32.load(at + step);
  const so = i32.load(at + 2 * step);
  if (axis == rank - 1) {
    reduceRow(n, x, sx, out, so);
    return;
  }
  if (axis == rank - 2 && so == 0) {
    const columns = i32.load(at, 4);
    const isRow = i32.load(at + step, 4) == 1 && i32.load(at + 2 * step, 4) == 1;
    if (isRow && columns <= 8) {
      sumRows(n, columns, x, (<usize>sx) << 2, out);
      return;
    }
  }
  for (let i = 0; i < n; i++) {
    reduceSum(rank, axis + 1, table, x, out);
    x += (<usize>sx) << 2;
    out += (<usize>so) << 2;
  }
}

/** Sets `count` words. */
export function fill(out: usize, count: i32, bits: i32): void {
  const v = i32x4.splat(bits);
  for (; count > 0; count -= 4) {
    storeLanes(out, v, count);
    out += 16;
  }
}
