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

import { firstLanes, mulAdd, storeLanes, sumLanes } from "./lanes";

/** Rows of `b` walked before moving to the next columns: 256 rows x one 64-byte line stay within a 32 KiB L1. */
const INNER_BLOCK: i32 = 256;

/**
 * A tile of R rows x 8 columns. R is a type whose size stands for the row count, because type parameters are the only
 * constants that AssemblyScript folds: i8 1, i16 2, i32 3, i64 4, v128 5.
 * `init` points at the start values of row 0; consecutive rows lie `initStride` apart (0: one bias for all rows).
 */
function tile8<R>(
  a: usize,
  strideA: usize,
  b: usize,
  strideB: usize,
  inner: i32,
  init: usize,
  initStride: usize,
  c: usize,
  strideC: usize,
  floor: v128,
): void {
  let c00 = v128.load(init);
  let c01 = v128.load(init, 16);
  init += initStride;
  let c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00,
    c40 = c00,
    c41 = c00;
  if (sizeof<R>() > 1) {
    c10 = v128.load(init);
    c11 = v128.load(init, 16);
    init += initStride;
  }
  if (sizeof<R>() > 2) {
    c20 = v128.load(init);
    c21 = v128.load(init, 16);
    init += initStride;
  }
  if (sizeof<R>() > 4) {
    c30 = v128.load(init);
    c31 = v128.load(init, 16);
    init += initStride;
  }
  if (sizeof<R>() > 8) {
    c40 = v128.load(init);
    c41 = v128.load(init, 16);
  }
  const end = a + <usize>inner * strideA;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(c00, x, b0);
    c01 = mulAdd(c01, x, b1);
    if (sizeof<R>() > 1) {
      x = v128.load32_splat(a, 4);
      c10 = mulAdd(c10, x, b0);
      c11 = mulAdd(c11, x, b1);
    }
    if (sizeof<R>() > 2) {
      x = v128.load32_splat(a, 8);
      c20 = mulAdd(c20, x, b0);
      c21 = mulAdd(c21, x, b1);
    }
    if (sizeof<R>() > 4) {
      x = v128.load32_splat(a, 12);
      c30 = mulAdd(c30, x, b0);
      c31 = mulAdd(c31, x, b1);
    }
    if (sizeof<R>() > 8) {
      x = v128.load32_splat(a, 16);
      c40 = mulAdd(c40, x, b0);
      c41 = mulAdd(c41, x, b1);
    }
    a += strideA;
    b += strideB;
  }
  v128.store(c, f32x4.pmax(c00, floor));
  v128.store(c, f32x4.pmax(c01, floor), 16);
  if (sizeof<R>() > 1) {
    c += strideC;
    v128.store(c, f32x4.pmax(c10, floor));
    v128.store(c, f32x4.pmax(c11, floor), 16);
  }
  if (sizeof<R>() > 2) {
    c += strideC;
    v128.store(c, f32x4.pmax(c20, floor));
    v128.store(c, f32x4.pmax(c21, floor), 16);
  }
  if (sizeof<R>() > 4) {
    c += strideC;
    v128.store(c, f32x4.pmax(c30, floor));
    v128.store(c, f32x4.pmax(c31, floor), 16);
  }
  if (sizeof<R>() > 8) {
    c += strideC;
    v128.store(c, f32x4.pmax(c40, floor));
    v128.store(c, f32x4.pmax(c41, floor), 16);
  }
}

/** The same with one vector, of which `columns` (1..4) lanes are stored; loads may run past a row, stores never do. */
function tile4<R>(
  a: usize,
  strideA: usize,
  b: usize,
  strideB: usize,
  inner: i32,
  init: usize,
  initStride: usize,
  c: usize,
  strideC: usize,
  floor: v128,
  columns: i32,
): void {
  let c0 = v128.load(init);
  init += initStride;
  let c1 = c0,
    c2 = c0,
    c3 = c0,
    c4 = c0;
  if (sizeof<R>() > 1) {
    c1 = v128.load(init);
    init += initStride;
  }
  if (sizeof<R>() > 2) {
    c2 = v128.load(init);
    init += initStride;
  }
  if (sizeof<R>() > 4) {
    c3 = v128.load(init);
    init += initStride;
  }
  if (sizeof<R>() > 8) c4 = v128.load(init);
  const end = a + <usize>inner * strideA;
  while (a < end) {
    const b0 = v128.load(b);
    c0 = mulAdd(c0, v128.load32_splat(a), b0);
    if (sizeof<R>() > 1) c1 = mulAdd(c1, v128.load32_splat(a, 4), b0);
    if (sizeof<R>() > 2) c2 = mulAdd(c2, v128.load32_splat(a, 8), b0);
    if (sizeof<R>() > 4) c3 = mulAdd(c3, v128.load32_splat(a, 12), b0);
    if (sizeof<R>() > 8) c4 = mulAdd(c4, v128.load32_splat(a, 16), b0);
    a += strideA;
    b += strideB;
  }
  storeLanes(c, f32x4.pmax(c0, floor), columns);
  if (sizeof<R>() > 1) storeLanes((c += strideC), f32x4.pmax(c1, floor), columns);
  if (sizeof<R>() > 2) storeLanes((c += strideC), f32x4.pmax(c2, floor), columns);
  if (sizeof<R>() > 4) storeLanes((c += strideC), f32x4.pmax(c3, floor), columns);
  if (sizeof<R>() > 8) storeLanes((c += strideC), f32x4.pmax(c4, floor), columns);
}

/** Picks the tile of `rows` (1..5) x `columns` (1..8, but 5..7 never). */
function tile(
  rows: i32,
  columns: i32,
  a: usize,
  strideA: usize,
  b: usize,
  strideB: usize,
  inner: i32,
  init: usize,
  initStride: usize,
  c: usize,
  strideC: usize,
  floor: v128,
): void {
  if (columns == 8) {
    if (rows == 5) tile8<v128>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor);
    else if (rows == 4) tile8<i64>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor);
    else if (rows == 3) tile8<i32>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor);
    else if (rows == 2) tile8<i16>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor);
    else tile8<i8>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor);
  } else {
    if (rows == 5) tile4<v128>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor, columns);
    else if (rows == 4) tile4<i64>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor, columns);
    else if (rows == 3) tile4<i32>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor, columns);
    else if (rows == 2) tile4<i16>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor, columns);
    else tile4<i8>(a, strideA, b, strideB, inner, init, initStride, c, strideC, floor, columns);
  }
}

function tileColumns(left: i32): i32 {
  return left >= 8 ? 8 : left >= 4 ? 4 : left;
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
    for (let r = 0; r < rows; r += 5) {
      const height = min(rows - r, 5);
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

/** R rows of a against two rows of b, as dot products. R as in `tile8`. */
function dots2<R>(a: usize, strideA: usize, b: usize, strideB: usize, inner: i32, c: usize, strideC: usize): void {
  const zero = f32x4.splat(0);
  let c00 = zero,
    c01 = zero,
    c10 = zero,
    c11 = zero,
    c20 = zero,
    c21 = zero,
    c30 = zero,
    c31 = zero,
    c40 = zero,
    c41 = zero;
  let a0 = a;
  let a1 = a0 + strideA;
  let a2 = a1 + strideA;
  let a3 = a2 + strideA;
  let a4 = a3 + strideA;
  let p = b;
  let q = b + strideB;
  for (let left = inner; left > 0; left -= 4) {
    let b0 = v128.load(p);
    let b1 = v128.load(q);
    if (left < 4) {
      b0 = firstLanes(b0, left);
      b1 = firstLanes(b1, left);
    }
    let x = v128.load(a0);
    if (left < 4) x = firstLanes(x, left);
    c00 = mulAdd(c00, x, b0);
    c01 = mulAdd(c01, x, b1);
    if (sizeof<R>() > 1) {
      x = v128.load(a1);
      if (left < 4) x = firstLanes(x, left);
      c10 = mulAdd(c10, x, b0);
      c11 = mulAdd(c11, x, b1);
    }
    if (sizeof<R>() > 2) {
      x = v128.load(a2);
      if (left < 4) x = firstLanes(x, left);
      c20 = mulAdd(c20, x, b0);
      c21 = mulAdd(c21, x, b1);
    }
    if (sizeof<R>() > 4) {
      x = v128.load(a3);
      if (left < 4) x = firstLanes(x, left);
      c30 = mulAdd(c30, x, b0);
      c31 = mulAdd(c31, x, b1);
    }
    if (sizeof<R>() > 8) {
      x = v128.load(a4);
      if (left < 4) x = firstLanes(x, left);
      c40 = mulAdd(c40, x, b0);
      c41 = mulAdd(c41, x, b1);
    }
    a0 += 16;
    if (sizeof<R>() > 1) a1 += 16;
    if (sizeof<R>() > 2) a2 += 16;
    if (sizeof<R>() > 4) a3 += 16;
    if (sizeof<R>() > 8) a4 += 16;
    p += 16;
    q += 16;
  }
  f32.store(c, sumLanes(c00));
  f32.store(c, sumLanes(c01), 4);
  if (sizeof<R>() > 1) {
    c += strideC;
    f32.store(c, sumLanes(c10));
    f32.store(c, sumLanes(c11), 4);
  }
  if (sizeof<R>() > 2) {
    c += strideC;
    f32.store(c, sumLanes(c20));
    f32.store(c, sumLanes(c21), 4);
  }
  if (sizeof<R>() > 4) {
    c += strideC;
    f32.store(c, sumLanes(c30));
    f32.store(c, sumLanes(c31), 4);
  }
  if (sizeof<R>() > 8) {
    c += strideC;
    f32.store(c, sumLanes(c40));
    f32.store(c, sumLanes(c41), 4);
  }
}

/** One dot product of `inner` values. */
function dot(a: usize, b: usize, inner: i32): f32 {
  let sum = f32x4.splat(0);
  let left = inner;
  for (; left >= 4; left -= 4) {
    sum = mulAdd(sum, v128.load(a), v128.load(b));
    a += 16;
    b += 16;
  }
  if (left > 0) sum = mulAdd(sum, firstLanes(v128.load(a), left), firstLanes(v128.load(b), left));
  return sumLanes(sum);
}

/** c [rows, columns] = a·bᵀ. Shapes: a [rows, inner], b [columns, inner]. Lanes run along `inner`: nothing is copied. */
export function matmulNT(a: usize, b: usize, c: usize, rows: i32, inner: i32, columns: i32): void {
  const strideA = (<usize>inner) << 2;
  const strideC = (<usize>columns) << 2;
  let j = 0;
  for (; j + 2 <= columns; j += 2) {
    const bj = b + <usize>j * strideA;
    for (let r = 0; r < rows; r += 5) {
      const ar = a + <usize>r * strideA;
      const cr = c + <usize>r * strideC + ((<usize>j) << 2);
      const height = rows - r;
      if (height >= 5) dots2<v128>(ar, strideA, bj, strideA, inner, cr, strideC);
      else if (height == 4) dots2<i64>(ar, strideA, bj, strideA, inner, cr, strideC);
      else if (height == 3) dots2<i32>(ar, strideA, bj, strideA, inner, cr, strideC);
      else if (height == 2) dots2<i16>(ar, strideA, bj, strideA, inner, cr, strideC);
      else dots2<i8>(ar, strideA, bj, strideA, inner, cr, strideC);
    }
  }
  if (j < columns) {
    for (let r = 0; r < rows; r++) {
      f32.store(c + <usize>r * strideC + ((<usize>j) << 2), dot(a + <usize>r * strideA, b + <usize>j * strideA, inner));
    }
  }
}

/** out [columns, rows] = the transpose of x [rows, columns], in 4x4 blocks. */
export function transpose(x: usize, out: usize, rows: i32, columns: i32): void {
  const strideX = (<usize>columns) << 2;
  const strideOut = (<usize>rows) << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let p = x + <usize>r * strideX;
    let q = out + ((<usize>r) << 2);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const x0 = v128.load(p);
      const x1 = v128.load(p + strideX);
      const x2 = v128.load(p + 2 * strideX);
      const x3 = v128.load(p + 3 * strideX);
      const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(q, v128.shuffle<f64>(low01, low23, 0, 2));
      v128.store(q + strideOut, v128.shuffle<f64>(low01, low23, 1, 3));
      v128.store(q + 2 * strideOut, v128.shuffle<f64>(high01, high23, 0, 2));
      v128.store(q + 3 * strideOut, v128.shuffle<f64>(high01, high23, 1, 3));
      p += 16;
      q += 4 * strideOut;
    }
    for (; j < columns; j++) {
      f32.store(q, f32.load(p));
      f32.store(q, f32.load(p + strideX), 4);
      f32.store(q, f32.load(p + 2 * strideX), 8);
      f32.store(q, f32.load(p + 3 * strideX), 12);
      p += 4;
      q += strideOut;
    }
  }
  for (; r < rows; r++) {
    let p = x + <usize>r * strideX;
    let q = out + ((<usize>r) << 2);
    for (let j = 0; j < columns; j++) {
      f32.store(q, f32.load(p));
      p += 4;
      q += strideOut;
    }
  }
}
