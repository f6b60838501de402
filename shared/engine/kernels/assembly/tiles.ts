/** The inner kernels of c [rows, columns] = init + aᵀ·b: what fits the vector registers at once. */
import { mulAdd, storeLanes } from "./lanes";

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
export function tile(
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
