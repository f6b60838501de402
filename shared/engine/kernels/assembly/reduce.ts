/** Sums and maxima over any axes: a reduced axis is one where `out` has stride 0. `out` holds the start values. */
import { REDUCE_SUM } from "../../opcodes";
import { storeLanes, sumLanes } from "./lanes";

// @ts-ignore: decorator
@inline
function combine4(kind: i32, x: v128, y: v128): v128 {
  return kind == REDUCE_SUM ? f32x4.add(x, y) : f32x4.max(x, y);
}

// @ts-ignore: decorator
@inline
function combine(kind: i32, x: f32, y: f32): f32 {
  return kind == REDUCE_SUM ? x + y : max(x, y);
}

function reduceRow(kind: i32, n: i32, x: usize, sx: i32, out: usize, so: i32): void {
  if (so == 1 && sx == 1) {
    for (; n > 0; n -= 4) {
      storeLanes(out, combine4(kind, v128.load(out), v128.load(x)), n);
      out += 16;
      x += 16;
    }
    return;
  }
  if (so == 0 && sx == 1 && n >= 4) {
    let acc = v128.load(x);
    for (n -= 4, x += 16; n >= 4; n -= 4, x += 16) acc = combine4(kind, acc, v128.load(x));
    if (kind == REDUCE_SUM) {
      f32.store(out, f32.load(out) + sumLanes(acc));
    } else {
      const low = max(f32x4.extract_lane(acc, 0), f32x4.extract_lane(acc, 1));
      f32.store(out, max(f32.load(out), max(low, max(f32x4.extract_lane(acc, 2), f32x4.extract_lane(acc, 3)))));
    }
  }
  for (; n > 0; n--) {
    f32.store(out, combine(kind, f32.load(out), f32.load(x)));
    x += <usize>(sx << 2);
    out += <usize>(so << 2);
  }
}

/** `table` holds `rank` words each of dims, strides of x, strides of out; `axis` is the one to walk. */
export function reduce(kind: i32, rank: i32, axis: i32, table: usize, x: usize, out: usize): void {
  const at = table + (<usize>axis << 2);
  const step = <usize>rank << 2;
  const n = i32.load(at);
  const sx = i32.load(at + step);
  const so = i32.load(at + 2 * step);
  if (axis == rank - 1) {
    reduceRow(kind, n, x, sx, out, so);
    return;
  }
  for (let i = 0; i < n; i++) {
    reduce(kind, rank, axis + 1, table, x, out);
    x += <usize>(sx << 2);
    out += <usize>(so << 2);
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
