/** Rows with mean 0 and variance 1, and the gradient. */
import { firstLanes, mulAdd, storeLanes, sumLanes } from "./lanes";

/** Sum of the values; of their squared distances from `centre` when `squared`. */
function moment(x: usize, n: i32, centre: v128, squared: bool): f32 {
  let sum = f32x4.splat(0);
  for (let left = n; left > 0; left -= 4) {
    let v = v128.load(x);
    if (squared) {
      v = f32x4.sub(v, centre);
      v = f32x4.mul(v, v);
    }
    if (left < 4) v = firstLanes(v, left);
    sum = f32x4.add(sum, v);
    x += 16;
  }
  return sumLanes(sum);
}

/** out = (x - mean) / √(variance + epsilon), row by row. */
export function standardise(x: usize, out: usize, rows: i32, n: i32, epsilon: f32): void {
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    const mean = f32x4.splat(moment(x, n, f32x4.splat(0), false) / <f32>n);
    const scale = f32x4.splat(<f32>1 / sqrt<f32>(moment(x, n, mean, true) / <f32>n + epsilon));
    for (let i = 0; i < n; i += 4) {
      const at = (<usize>i) << 2;
      storeLanes(out + at, f32x4.mul(f32x4.sub(v128.load(x + at), mean), scale), n - i);
    }
    x += bytes;
    out += bytes;
  }
}

/** out = (dy - mean(dy) - y · mean(dy · y)) / √(variance + epsilon), row by row, with y = standardise(x). */
export function standardiseGrad(dy: usize, x: usize, out: usize, rows: i32, n: i32, epsilon: f32): void {
  const bytes = (<usize>n) << 2;
  const perCount = <f32>1 / <f32>n;
  for (let r = 0; r < rows; r++) {
    const mean = f32x4.splat(moment(x, n, f32x4.splat(0), false) / <f32>n);
    const scale = f32x4.splat(<f32>1 / sqrt<f32>(moment(x, n, mean, true) / <f32>n + epsilon));
    let sum = f32x4.splat(0);
    for (let i = 0; i < n; i += 4) {
      const at = (<usize>i) << 2;
      let d = v128.load(dy + at);
      let y = f32x4.mul(f32x4.sub(v128.load(x + at), mean), scale);
      if (n - i < 4) {
        // Both: what follows the row may hold NaN, and 0 times that is NaN.
        d = firstLanes(d, n - i);
        y = firstLanes(y, n - i);
      }
      sum = mulAdd(sum, d, y);
    }
    const weighted = f32x4.splat(sumLanes(sum) * perCount);
    const plain = f32x4.splat(moment(dy, n, f32x4.splat(0), false) * perCount);
    for (let i = 0; i < n; i += 4) {
      const at = (<usize>i) << 2;
      const y = f32x4.mul(f32x4.sub(v128.load(x + at), mean), scale);
      const rest = f32x4.sub(f32x4.sub(v128.load(dy + at), plain), f32x4.mul(y, weighted));
      storeLanes(out + at, f32x4.mul(rest, scale), n - i);
    }
    dy += bytes;
    x += bytes;
    out += bytes;
  }
}
