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
