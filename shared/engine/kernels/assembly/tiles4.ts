/** The inner kernel of every product, for the columns that do not fill two vectors. */
import { mulAdd, storeLanes } from "./lanes";

/**
 * As `tiles8`, with one vector, of which `columns` (1..4) lanes are stored; loads may run past a row, stores never do. There is
 * no nextB: such a tile is the last of its row.
 */
export function tiles4<R>(
  columns: i32,
  count: i32,
  nextA: usize,
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
  for (; count > 0; count--) {
    let from = init;
    let c0 = v128.load(from);
    let c1 = c0,
      c2 = c0,
      c3 = c0,
      c4 = c0;
    if (sizeof<R>() > 1) {
      from += initStride;
      c1 = v128.load(from);
    }
    if (sizeof<R>() > 2) {
      from += initStride;
      c2 = v128.load(from);
    }
    if (sizeof<R>() > 4) {
      from += initStride;
      c3 = v128.load(from);
    }
    if (sizeof<R>() > 8) {
      from += initStride;
      c4 = v128.load(from);
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
        c0 = mulAdd(c0, v128.load32_splat(a0), b0);
        if (sizeof<R>() > 1) {
          c1 = mulAdd(c1, v128.load32_splat(a1), b0);
          a1 += stepA;
        }
        if (sizeof<R>() > 2) {
          c2 = mulAdd(c2, v128.load32_splat(a2), b0);
          a2 += stepA;
        }
        if (sizeof<R>() > 4) {
          c3 = mulAdd(c3, v128.load32_splat(a3), b0);
          a3 += stepA;
        }
        if (sizeof<R>() > 8) {
          c4 = mulAdd(c4, v128.load32_splat(a4), b0);
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
    let to = c;
    storeLanes(to, f32x4.pmax(c0, floor), columns);
    if (sizeof<R>() > 1) storeLanes((to += strideC), f32x4.pmax(c1, floor), columns);
    if (sizeof<R>() > 2) storeLanes((to += strideC), f32x4.pmax(c2, floor), columns);
    if (sizeof<R>() > 4) storeLanes((to += strideC), f32x4.pmax(c3, floor), columns);
    if (sizeof<R>() > 8) storeLanes((to += strideC), f32x4.pmax(c4, floor), columns);
    a += nextA;
    c += nextC;
    init += nextInit;
  }
}
