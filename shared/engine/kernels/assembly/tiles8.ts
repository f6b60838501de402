/** The inner kernel of every product, for two vectors: what fits the vector registers at once. */
import { mulAdd, storeLanes } from "./lanes";

/**
 * `count` tiles of R rows x 8 columns, the next one `nextA`, `nextB`, `nextC` bytes on in a, b and c: c = init + a·b, then
 * max(., floor). R is a type whose size stands for the row count, because type parameters are the only constants that
 * AssemblyScript folds: i8 1, i16 2, i32 3, i64 4, v128 5.
 *
 * a[r, k] lies at a + r * rowA + k * stepA; after each `inner` values of k, `outer` times, a jumps by `jumpA` more (an image's
 * next row). b's rows of 8 lie `strideB` apart throughout, c's `strideC`, those of init `initStride` (0: one bias for all).
 *
 * The first `columns` (5..8) are stored, in a row of tiles (nextB) those of the last; loads may run past a row, stores never.
 */
export function tiles8<R>(
  columns: i32,
  count: i32,
  nextA: usize,
  nextB: usize,
  nextC: usize,
  a: usize,
  rowA: usize,
  stepA: usize,
  jumpA: usize,
  b: usize,
  strideB: usize,
  inner: i32,
  outer: i32,
  init: usize,
  initStride: usize,
  nextInit: usize,
  c: usize,
  strideC: usize,
  floor: v128,
): void {
  const span = <usize>inner * strideB;
  const isBounded = f32x4.extract_lane(floor, 0) != -Infinity;
  for (; count > 0; count--) {
    let from = init;
    let c00 = v128.load(from);
    let c01 = v128.load(from, 16);
    let c10 = c00,
      c11 = c01,
      c20 = c00,
      c21 = c01,
      c30 = c00,
      c31 = c01,
      c40 = c00,
      c41 = c01;
    if (sizeof<R>() > 1) {
      from += initStride;
      c10 = v128.load(from);
      c11 = v128.load(from, 16);
    }
    if (sizeof<R>() > 2) {
      from += initStride;
      c20 = v128.load(from);
      c21 = v128.load(from, 16);
    }
    if (sizeof<R>() > 4) {
      from += initStride;
      c30 = v128.load(from);
      c31 = v128.load(from, 16);
    }
    if (sizeof<R>() > 8) {
      from += initStride;
      c40 = v128.load(from);
      c41 = v128.load(from, 16);
    }
    let a0 = a;
    let a1 = a0 + rowA;
    let a2 = a1 + rowA;
    let a3 = a2 + rowA;
    let a4 = a3 + rowA;
    let p = b;
    for (let left = outer; left > 0; left--) {
      const end = p + span;
      while (p < end) {
        const b0 = v128.load(p);
        const b1 = v128.load(p, 16);
        let x = v128.load32_splat(a0);
        c00 = mulAdd(c00, x, b0);
        c01 = mulAdd(c01, x, b1);
        if (sizeof<R>() > 1) {
          x = v128.load32_splat(a1);
          c10 = mulAdd(c10, x, b0);
          c11 = mulAdd(c11, x, b1);
          a1 += stepA;
        }
        // Never true, nor is the next one. V8 moves all loads of a block to its top, which takes more registers than there are, and a
        // sum that goes through memory at each product costs a third of the speed; so make two blocks, or three where the products
        // take a register too.
        if (sizeof<R>() > 8 && !p) break;
        if (sizeof<R>() > 2) {
          x = v128.load32_splat(a2);
          c20 = mulAdd(c20, x, b0);
          c21 = mulAdd(c21, x, b1);
          a2 += stepA;
        }
        if (sizeof<R>() > 4) {
          x = v128.load32_splat(a3);
          c30 = mulAdd(c30, x, b0);
          c31 = mulAdd(c31, x, b1);
          a3 += stepA;
        }
        if (sizeof<R>() > 8) {
          if (!ASC_FEATURE_RELAXED_SIMD && !a4) break;
          x = v128.load32_splat(a4);
          c40 = mulAdd(c40, x, b0);
          c41 = mulAdd(c41, x, b1);
          a4 += stepA;
        }
        a0 += stepA;
        p += strideB;
      }
      a0 += jumpA;
      a1 += jumpA;
      a2 += jumpA;
      a3 += jumpA;
      a4 += jumpA;
    }
    if (isBounded) {
      c00 = f32x4.pmax(c00, floor);
      c01 = f32x4.pmax(c01, floor);
      if (sizeof<R>() > 1) {
        c10 = f32x4.pmax(c10, floor);
        c11 = f32x4.pmax(c11, floor);
      }
      if (sizeof<R>() > 2) {
        c20 = f32x4.pmax(c20, floor);
        c21 = f32x4.pmax(c21, floor);
      }
      if (sizeof<R>() > 4) {
        c30 = f32x4.pmax(c30, floor);
        c31 = f32x4.pmax(c31, floor);
      }
      if (sizeof<R>() > 8) {
        c40 = f32x4.pmax(c40, floor);
        c41 = f32x4.pmax(c41, floor);
      }
    }
    const right = nextB && count > 1 ? 4 : columns - 4;
    let to = c;
    v128.store(to, c00);
    storeLanes(to + 16, c01, right);
    if (sizeof<R>() > 1) {
      to += strideC;
      v128.store(to, c10);
      storeLanes(to + 16, c11, right);
    }
    if (sizeof<R>() > 2) {
      to += strideC;
      v128.store(to, c20);
      storeLanes(to + 16, c21, right);
    }
    if (sizeof<R>() > 4) {
      to += strideC;
      v128.store(to, c30);
      storeLanes(to + 16, c31, right);
    }
    if (sizeof<R>() > 8) {
      to += strideC;
      v128.store(to, c40);
      storeLanes(to + 16, c41, right);
    }
    a += nextA;
    b += nextB;
    c += nextC;
    init += nextInit;
  }
}
