import { firstLanes, mulAdd, sumLanes } from "./lanes";

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
