import { matmul } from "./matmul";

/** c [rows, columns] = a·bᵀ. Shapes: a [rows, inner], b [columns, inner], all dense. */
export function matmulNT(a: usize, b: usize, c: usize, rows: i32, inner: i32, columns: i32): void {
  const stride = (<usize>inner) << 2;
  matmul(a, stride, 4, b, 4, stride, c, (<usize>columns) << 2, rows, inner, columns, 0, 0, -Infinity);
}
