import { matmul } from "./matmul";

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
  const stride = (<usize>columns) << 2;
  matmul(a, 4, (<usize>rows) << 2, b, stride, 4, c, stride, rows, inner, columns, init, initStride, floor);
}
