/** Rows and columns of tiles: which tiles cover a product. */
import { tiles } from "./tiles";

/** Columns of the next tile: 8, 4 or, at the edge, 1..3. */
export function tileColumns(left: i32): i32 {
  return left >= 8 ? 8 : left >= 4 ? 4 : left;
}

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
  const full = columns >> 3;
  if (full)
    tiles(rows, 8, full, 0, 32, 32, a, rowA, stepA, 0, b, stepB, inner, 1, init, initStride, 32, c, strideC, floor);
  for (let j = full << 3; j < columns; ) {
    const width = tileColumns(columns - j);
    const at = (<usize>j) << 2;
    tiles(
      rows,
      width,
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
    j += width;
  }
}

/** One column of tiles: `width` (8, 4 or fewer) columns of b against `rows` rows of c. */
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
