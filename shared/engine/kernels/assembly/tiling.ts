/** Rows and columns of tiles: which tiles cover a product. */
import { tiles } from "./tiles";

/** One row of tiles: `rows` (1..5) rows of c against all columns of b. */
export function tileRow(
  rows: i32,
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  inner: i32,
  columns: i32,
  init: usize,
  initStride: usize,
  c: usize,
  strideC: usize,
  floor: v128,
): void {
  // More than one vector left over is a tile of two.
  const full = (columns + 3) >> 3;
  if (full)
    tiles(
      rows,
      min(columns - ((full - 1) << 3), 8),
      full,
      0,
      32,
      32,
      a,
      rowA,
      stepA,
      0,
      b,
      stepB,
      inner,
      1,
      init,
      initStride,
      32,
      c,
      strideC,
      floor,
    );
  const left = columns - (full << 3);
  if (left > 0) {
    const at = (<usize>full) << 5;
    tiles(
      rows,
      left,
      1,
      0,
      0,
      0,
      a,
      rowA,
      stepA,
      0,
      b + at,
      stepB,
      inner,
      1,
      init + at,
      initStride,
      0,
      c + at,
      strideC,
      floor,
    );
  }
}

/** One column of tiles: `width` (1..8) columns of b against `rows` rows of c. */
export function tileColumn(
  width: i32,
  rows: i32,
  a: usize,
  rowA: usize,
  stepA: usize,
  jumpA: usize,
  b: usize,
  stepB: usize,
  inner: i32,
  outer: i32,
  init: usize,
  initStride: usize,
  c: usize,
  strideC: usize,
  floor: v128,
): void {
  const full = rows / 5;
  const nextA = rowA * 5;
  const nextInit = initStride * 5;
  const nextC = strideC * 5;
  if (full)
    tiles(
      5,
      width,
      full,
      nextA,
      0,
      nextC,
      a,
      rowA,
      stepA,
      jumpA,
      b,
      stepB,
      inner,
      outer,
      init,
      initStride,
      nextInit,
      c,
      strideC,
      floor,
    );
  const left = rows - 5 * full;
  if (left) {
    const n = <usize>full;
    tiles(
      left,
      width,
      1,
      0,
      0,
      0,
      a + n * nextA,
      rowA,
      stepA,
      jumpA,
      b,
      stepB,
      inner,
      outer,
      init + n * nextInit,
      initStride,
      0,
      c + n * nextC,
      strideC,
      floor,
    );
  }
}
