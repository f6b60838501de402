/**
 * Register-blocked f32 matrix products over strided views: c = init + a·b, then max(., floor). A tile is at most 5 rows x 2
 * vectors: 10 accumulators, 2 vectors of b, 1 broadcast of a and 1 product are 14 of the 16 vector registers that
 * x86-64 has; one more row spills. A batch of 10 is two tiles without padding. Every element is summed in the order of
 * k, in f32, whatever the tile: results depend neither on the blocking nor on the strides.
 *
 * Neighbouring inputs that are 0 in the whole batch are passed over: x + 0 · w is x wherever w is finite.
 */
import { packColumns, packRows, panel } from "./pack";
import { tileColumn, tileRow } from "./tiling";

/** Rows of b walked before moving to the next columns: 256 rows x 8 columns are a quarter of a 32 KiB first cache. */
const DEPTH: i32 = 256;
/** Rows of a walked with one strip of b: 256 x DEPTH values of a stay in a second cache of 512 KiB. */
const HEIGHT: i32 = 255;
/** From so many rows on, a copy of the strip of b pays. */
const PACK: i32 = 20;
/** So many rows of b stay in the first cache beside what else is read. */
const SHALLOW: i32 = 64;
/** Up to so many rows b is read front to back, which the prefetchers of memory like; c stays in the first cache. */
const FEW_ROWS: i32 = 10;
/** From so many columns on, looking for blank inputs costs a few hundredths of the product. */
const BLANK_COLUMNS: i32 = 32;

/**
 * Whether `count` neighbours of each of the `inner` rows at a are all 0 or -0. Stops at the first that is not, so dense data
 * pay for one look.
 */
function isZero(a: usize, stepA: usize, inner: i32, count: i32): bool {
  for (let k = 0; k < inner; k++) {
    let bits = 0;
    for (let i = 0; i < count; i++) bits |= i32.load(a + ((<usize>i) << 2));
    if (bits << 1) return false;
    a += stepA;
  }
  return true;
}

/** Whether 4 neighbouring columns of a are 0 or -0 in each of its rows. Stops at the first that is not. */
function isBlank(a: usize, rowA: usize, rows: i32): bool {
  for (; rows > 0; rows--) {
    if (v128.any_true(i32x4.shl(v128.load(a), 1))) return false;
    a += rowA;
  }
  return true;
}

/** The first column from k on that is not one of four blank ones. */
function endOfBlanks(a: usize, rowA: usize, rows: i32, k: i32, inner: i32): i32 {
  while (k + 4 <= inner && isBlank(a + ((<usize>k) << 2), rowA, rows)) k += 4;
  return k;
}

/** The end of the columns from k on that are not blank, at most `limit`. */
function endOfRun(a: usize, rowA: usize, rows: i32, k: i32, limit: i32): i32 {
  for (k += 4; k + 4 <= limit; k += 4) if (isBlank(a + ((<usize>k) << 2), rowA, rows)) return k;
  return limit;
}

/** c streams through once, b stays: a weight gradient, or a few rows against a large b. At most SHALLOW products a sum. */
function shallow(
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  c: usize,
  strideC: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  init: usize,
  initStride: usize,
  edge: v128,
): void {
  const inPlace = rowA == 4 && init == c && initStride == strideC && f32x4.extract_lane(edge, 0) == -Infinity;
  for (let r = 0; r < rows; r += 5) {
    const height = min(rows - r, 5);
    const ar = a + <usize>r * rowA;
    // Pixels that are blank in the whole batch, words that it does not hold: their rows of w stay as they are.
    if (inPlace && isZero(ar, stepA, inner, height)) continue;
    const from = init + <usize>r * initStride;
    tileRow(height, ar, rowA, stepA, b, stepB, inner, columns, from, initStride, c + <usize>r * strideC, strideC, edge);
  }
}

/** A strip of 8 columns of b stays, copied where that pays; rows of a pass by. At most DEPTH products a sum. */
function deep(
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  columnB: usize,
  c: usize,
  strideC: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  init: usize,
  initStride: usize,
  edge: v128,
): void {
  for (let r = 0; r < rows; r += HEIGHT) {
    const height = min(rows - r, HEIGHT);
    const ar = a + <usize>r * rowA;
    for (let j = 0; j < columns; ) {
      const width = min(columns - j, 8);
      const at = (<usize>j) << 2;
      const from = init + <usize>r * initStride + at;
      const to = c + <usize>r * strideC + at;
      let strip = b + <usize>j * columnB;
      let stride = stepB;
      if (columnB != 4 || height >= PACK) {
        if (columnB != 4) packColumns(strip, stepB, columnB, inner, width, panel);
        else packRows(strip, stepB, inner, panel);
        strip = panel;
        stride = 32;
      }
      tileColumn(width, height, ar, rowA, stepA, 0, strip, stride, inner, 1, from, initStride, to, strideC, edge);
      j += width;
    }
  }
}

/**
 * c [rows, columns] = init + a·b, then max(., floor). Shapes: a [rows, inner], b [inner, columns], init [columns] or
 * [rows, columns]. All strides in bytes, so that transposes, heads and time steps are read where they lie:
 * a[r, k] at a + r * rowA + k * stepA, b[k, j] at b + k * stepB + j * columnB, c[r, j] at c + r * strideC + j * 4,
 * init[r, j] at init + r * initStride + j * 4 (0: one row for all; it may be c itself).
 * `init` 0 (no address) stands for zeros. relu is `floor` 0; -infinity leaves values alone. c must not overlap a or b.
 * Loads run up to 28 bytes past a row of b or init, stores never.
 */
export function matmul(
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  columnB: usize,
  c: usize,
  strideC: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  init: usize,
  initStride: usize,
  floor: f32,
): void {
  if (!init) {
    for (let r = 0; r < rows; r++) memory.fill(c + <usize>r * strideC, 0, (<usize>columns) << 2);
    init = c;
    initStride = strideC;
  }
  const last = f32x4.splat(floor);
  const none = f32x4.splat(-Infinity);
  const isShallow = columnB == 4 && (inner <= SHALLOW || rows <= FEW_ROWS);
  const deepest = isShallow ? SHALLOW : DEPTH;
  const skipsBlanks = stepA == 4 && columns >= BLANK_COLUMNS;
  let k = skipsBlanks ? endOfBlanks(a, rowA, rows, 0, inner) : 0;
  do {
    let end = min(k + deepest, inner);
    let next = end;
    if (skipsBlanks) {
      end = endOfRun(a, rowA, rows, k, end);
      next = endOfBlanks(a, rowA, rows, end, inner);
    }
    const edge = next >= inner ? last : none;
    const ak = a + <usize>k * stepA;
    const bk = b + <usize>k * stepB;
    if (isShallow) shallow(ak, rowA, stepA, bk, stepB, c, strideC, rows, end - k, columns, init, initStride, edge);
    else deep(ak, rowA, stepA, bk, stepB, columnB, c, strideC, rows, end - k, columns, init, initStride, edge);
    init = c;
    initStride = strideC;
    k = next;
  } while (k < inner);
}
