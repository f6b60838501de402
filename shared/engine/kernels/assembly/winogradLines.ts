/**
 * The one-dimensional transforms of Winograd's minimal filtering (Lavin and Gray 2015, arXiv:1509.09308), four channels at a
 * time. A line of `alpha` = 4 + taps - 1 values is handled as products at alpha points: 0, 1, -1, 2, -2, then for
 * alpha 8 also 1/2, -1/2, and infinity. In the paper's letters: `toPoints` is Bᵀ of the inputs, `evaluate` A or (weighted) G,
 * `gather` Aᵀ or (weighted) Gᵀ. The k-th value of a line lies k * step bytes after the first.
 */

/** The factors, in memory: a load costs one step, a vector constant in the code four or five. */
const factors: usize = memory.data<f32>(
  [
    4.0, 5.0, 2.0, 5.25, 4.25, 0.25, 1.25, 0.5, 2.5, 8.0, 16.0, 0.125, 0.0625, 0.25, -0.16666667, 0.041666668, 1.0, 1.0,
    -0.22222222, 0.011111111, 0.7111111, 1.0,
  ],
  16,
);
const BY_4: i32 = 0;
const BY_5: i32 = 4;
const BY_2: i32 = 8;
const BY_21_4: i32 = 12;
const BY_17_4: i32 = 16;
const BY_1_4: i32 = 20;
const BY_5_4: i32 = 24;
const BY_1_2: i32 = 28;
const BY_5_2: i32 = 32;
const BY_8: i32 = 36;
const BY_16: i32 = 40;
const BY_1_8: i32 = 44;
const BY_1_16: i32 = 48;
/** Weights of the points 0, +-1, +-2 (and +-1/2), by alpha. */
const WEIGHTS_6: usize = 52;
const WEIGHTS_8: usize = 68;

function scale(v: v128, factor: i32): v128 {
  return f32x4.mul(v, v128.load32_splat(factors + <usize>factor));
}

/** `lines` times: alpha inputs -> alpha points. Lines begin `line` and `toLine` bytes apart. */
export function toPoints(
  alpha: i32,
  lines: i32,
  x: usize,
  line: usize,
  step: usize,
  y: usize,
  toLine: usize,
  toStep: usize,
): void {
  for (; lines > 0; lines--) {
    let from = x;
    let to = y;
    const x0 = v128.load(from);
    const x1 = v128.load((from += step));
    const x2 = v128.load((from += step));
    const x3 = v128.load((from += step));
    const x4 = v128.load((from += step));
    const x5 = v128.load((from += step));
    if (alpha == 6) {
      v128.store(to, f32x4.add(f32x4.sub(scale(x0, BY_4), scale(x2, BY_5)), x4));
      let even = f32x4.sub(x4, scale(x2, BY_4));
      let odd = f32x4.sub(x3, scale(x1, BY_4));
      v128.store((to += toStep), f32x4.add(even, odd));
      v128.store((to += toStep), f32x4.sub(even, odd));
      even = f32x4.sub(x4, x2);
      odd = f32x4.sub(x3, x1);
      odd = f32x4.add(odd, odd);
      v128.store((to += toStep), f32x4.add(even, odd));
      v128.store((to += toStep), f32x4.sub(even, odd));
      v128.store((to += toStep), f32x4.add(f32x4.sub(scale(x1, BY_4), scale(x3, BY_5)), x5));
    } else {
      const x6 = v128.load((from += step));
      const x7 = v128.load((from += step));
      v128.store(to, f32x4.add(f32x4.sub(x0, x6), scale(f32x4.sub(x4, x2), BY_21_4)));
      let even = f32x4.sub(f32x4.add(x2, x6), scale(x4, BY_17_4));
      let odd = f32x4.sub(f32x4.add(x1, x5), scale(x3, BY_17_4));
      v128.store((to += toStep), f32x4.add(even, odd));
      v128.store((to += toStep), f32x4.sub(even, odd));
      const middle = scale(x3, BY_5_2);
      even = f32x4.add(f32x4.sub(scale(x2, BY_1_4), scale(x4, BY_5_4)), x6);
      odd = f32x4.add(f32x4.sub(scale(x1, BY_1_2), middle), f32x4.add(x5, x5));
      v128.store((to += toStep), f32x4.add(even, odd));
      v128.store((to += toStep), f32x4.sub(even, odd));
      even = f32x4.add(f32x4.sub(scale(x2, BY_4), scale(x4, BY_5)), x6);
      odd = f32x4.add(f32x4.sub(f32x4.add(x1, x1), middle), scale(x5, BY_1_2));
      v128.store((to += toStep), f32x4.add(even, odd));
      v128.store((to += toStep), f32x4.sub(even, odd));
      v128.store((to += toStep), f32x4.add(f32x4.sub(x7, x1), scale(f32x4.sub(x3, x5), BY_21_4)));
    }
    x += line;
    y += toLine;
  }
}

/** `lines` times: `count` (3..5) coefficients -> the polynomial's value at each point, times its weight if `weighted`. */
export function evaluate(
  alpha: i32,
  count: i32,
  weighted: bool,
  lines: i32,
  x: usize,
  line: usize,
  step: usize,
  y: usize,
  toLine: usize,
  toStep: usize,
): void {
  const weights = factors + (alpha == 6 ? WEIGHTS_6 : WEIGHTS_8);
  for (; lines > 0; lines--) {
    let from = x;
    let to = y;
    const x0 = v128.load(from);
    const x1 = v128.load((from += step));
    const x2 = v128.load((from += step));
    let x3 = f32x4.splat(0);
    let x4 = x3;
    let last = x2;
    if (count > 3) last = x3 = v128.load((from += step));
    if (count > 4) last = x4 = v128.load((from += step));
    let even = f32x4.add(x0, f32x4.add(x2, x4));
    let odd = f32x4.add(x1, x3);
    let up = f32x4.add(even, odd);
    let down = f32x4.sub(even, odd);
    even = f32x4.add(x0, scale(f32x4.add(x2, scale(x4, BY_4)), BY_4));
    odd = f32x4.add(x1, scale(x3, BY_4));
    odd = f32x4.add(odd, odd);
    let up2 = f32x4.add(even, odd);
    let down2 = f32x4.sub(even, odd);
    let first = x0;
    if (weighted) {
      first = f32x4.mul(x0, v128.load32_splat(weights));
      let w = v128.load32_splat(weights, 4);
      up = f32x4.mul(up, w);
      down = f32x4.mul(down, w);
      w = v128.load32_splat(weights, 8);
      up2 = f32x4.mul(up2, w);
      down2 = f32x4.mul(down2, w);
    }
    v128.store(to, first);
    v128.store((to += toStep), up);
    v128.store((to += toStep), down);
    v128.store((to += toStep), up2);
    v128.store((to += toStep), down2);
    if (alpha == 8) {
      even = f32x4.add(x0, scale(f32x4.add(x2, scale(x4, BY_1_4)), BY_1_4));
      odd = scale(f32x4.add(x1, scale(x3, BY_1_4)), BY_1_2);
      up = f32x4.add(even, odd);
      down = f32x4.sub(even, odd);
      if (weighted) {
        const w = v128.load32_splat(weights, 12);
        up = f32x4.mul(up, w);
        down = f32x4.mul(down, w);
      }
      v128.store((to += toStep), up);
      v128.store((to += toStep), down);
    }
    v128.store((to += toStep), last);
    x += line;
    y += toLine;
  }
}

/** The transpose of `evaluate`, `lines` times: alpha points -> `count` (3..5) coefficients. */
export function gather(
  alpha: i32,
  count: i32,
  weighted: bool,
  lines: i32,
  x: usize,
  line: usize,
  step: usize,
  y: usize,
  toLine: usize,
  toStep: usize,
): void {
  const weights = factors + (alpha == 6 ? WEIGHTS_6 : WEIGHTS_8);
  for (; lines > 0; lines--) {
    let from = x;
    let to = y;
    let v0 = v128.load(from);
    const v1 = v128.load((from += step));
    const v2 = v128.load((from += step));
    const v3 = v128.load((from += step));
    const v4 = v128.load((from += step));
    let s1 = f32x4.add(v1, v2);
    let d1 = f32x4.sub(v1, v2);
    let s2 = f32x4.add(v3, v4);
    let d2 = f32x4.sub(v3, v4);
    if (weighted) {
      v0 = f32x4.mul(v0, v128.load32_splat(weights));
      let w = v128.load32_splat(weights, 4);
      s1 = f32x4.mul(s1, w);
      d1 = f32x4.mul(d1, w);
      w = v128.load32_splat(weights, 8);
      s2 = f32x4.mul(s2, w);
      d2 = f32x4.mul(d2, w);
    }
    let y0 = f32x4.add(v0, f32x4.add(s1, s2));
    let y1 = f32x4.add(d1, f32x4.add(d2, d2));
    let y2 = f32x4.add(s1, scale(s2, BY_4));
    let y3 = f32x4.add(d1, scale(d2, BY_8));
    let y4 = f32x4.add(s1, scale(s2, BY_16));
    if (alpha == 8) {
      const v5 = v128.load((from += step));
      const v6 = v128.load((from += step));
      let s3 = f32x4.add(v5, v6);
      let d3 = f32x4.sub(v5, v6);
      if (weighted) {
        const w = v128.load32_splat(weights, 12);
        s3 = f32x4.mul(s3, w);
        d3 = f32x4.mul(d3, w);
      }
      y0 = f32x4.add(y0, s3);
      y1 = f32x4.add(y1, scale(d3, BY_1_2));
      y2 = f32x4.add(y2, scale(s3, BY_1_4));
      y3 = f32x4.add(y3, scale(d3, BY_1_8));
      y4 = f32x4.add(y4, scale(s3, BY_1_16));
    }
    const last = v128.load((from += step));
    v128.store(to, y0);
    v128.store((to += toStep), y1);
    v128.store((to += toStep), count == 3 ? f32x4.add(y2, last) : y2);
    if (count > 3) v128.store((to += toStep), count == 4 ? f32x4.add(y3, last) : y3);
    if (count > 4) v128.store((to += toStep), f32x4.add(y4, last));
    x += line;
    y += toLine;
  }
}
