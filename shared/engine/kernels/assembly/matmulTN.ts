/**
 * Register-blocked f32 matrix products. One inner kernel serves the forward pass and the weight gradient:
 *
 *   c[r, j] (+)= sum over k of a[k, r] * b[k, j]        a [inner, rows], b [inner, columns], c [rows, columns]
 *
 * - weight gradient with its SGD step: a = x, b = -learningRate * dy, c = w, accumulating (w is never read twice);
 * - forward: a = x transposed (the copy costs 1/columns of the product).
 *
 * A tile is at most 5 rows x 2 vectors: 10 accumulators, 2 vectors of b, 1 broadcast of a and 1 product are 14 of the
 * 16 vector registers that x86-64 has; one more row spills. A batch of 10 is two tiles without padding.
 * Every element is summed in the order of k, in f32, whatever the tile: results do not depend on the blocking.
 */

import { tile } from "./tiles";

/** Rows of `b` walked before moving to the next columns: 256 rows x one 64-byte line stay within a 32 KiB L1. */
const INNER_BLOCK: i32 = 256;

function tileColumns(left: i32): i32 {
  return left >= 8 ? 8 : left >= 4 ? 4 : left;
}

/**
 * Whether `count` neighbours of each of the `inner` rows at a are all 0 or -0. Stops at the first that is not, so dense data
 * pay for one look.
 */
function isZero(a: usize, strideA: usize, inner: i32, count: i32): bool {
  for (let k = 0; k < inner; k++) {
    let bits = 0;
    for (let i = 0; i < count; i++) bits |= i32.load(a + ((<usize>i) << 2));
    if (bits << 1) return false;
    a += strideA;
  }
  return true;
}

/**
 * c [rows, columns] = init + aᵀ·b, then max(., floor). Shapes: a [inner, rows], b [inner, columns], all dense.
 * `init` is a row of `columns` values (initStride 0) or [rows, columns] (initStride columns * 4; may be c itself).
 * relu is `floor` 0; -infinity leaves values alone.
 */
export function matmulTN(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  init: usize,
  initStride: usize,
  floor: f32,
): void {
  const strideA = (<usize>rows) << 2;
  const strideB = (<usize>columns) << 2;
  const none = f32x4.splat(-Infinity);
  if (inner <= 64) {
    // Few rows of b (a weight gradient): b stays in L1 and c streams through once.
    const last = f32x4.splat(floor);
    const inPlace = init == c && initStride == strideB && floor == -Infinity;
    for (let r = 0; r < rows; r += 5) {
      const height = min(rows - r, 5);
      // Pixels that are blank in the whole batch, words that it does not hold: their rows of w stay as they are.
      if (inPlace && isZero(a + ((<usize>r) << 2), strideA, inner, height)) continue;
      const rowC = c + <usize>r * strideB;
      const rowInit = init + <usize>r * initStride;
      for (let j = 0; j < columns; ) {
        const width = tileColumns(columns - j);
        const at = (<usize>j) << 2;
        tile(
          height,
          width,
          a + ((<usize>r) << 2),
          strideA,
          b + at,
          strideB,
          inner,
          rowInit + at,
          initStride,
          rowC + at,
          strideB,
          last,
        );
        j += width;
      }
    }
    return;
  }
  for (let k = 0; k < inner; k += INNER_BLOCK) {
    const depth = min(inner - k, INNER_BLOCK);
    const blockA = a + <usize>k * strideA;
    const blockB = b + <usize>k * strideB;
    const edge = k + depth == inner ? f32x4.splat(floor) : none;
    const start = k == 0 ? init : c;
    const startStride = k == 0 ? initStride : strideB;
    for (let j = 0; j < columns; ) {
      const width = tileColumns(columns - j);
      const at = (<usize>j) << 2;
      for (let r = 0; r < rows; r += 5) {
        const rowC = c + <usize>r * strideB + at;
        tile(
          min(rows - r, 5),
          width,
          blockA + ((<usize>r) << 2),
          strideA,
          blockB + at,
          strideB,
          depth,
          start + <usize>r * startStride + at,
          startStride,
          rowC,
          strideB,
          edge,
        );
      }
      j += width;
    }
  }
}
