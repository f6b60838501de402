/** Copies of a strip of b that a product walks many times: dense, so that it stays in the first cache whatever b's stride. */

/** Rows of 8 values that the panel holds. */
export const PANEL_ROWS: i32 = 512;

/** 16 KiB, half of a small first cache. */
export const panel: usize = memory.data(512 * 8 * 4, 64);

/**
 * panel [inner, 8] = the first 8 columns of b [inner, ...], whose rows lie `stepB` bytes apart. Where b has fewer, what
 * follows it is copied too, up to 28 bytes beyond its end; no tile uses it.
 */
export function packRows(b: usize, stepB: usize, inner: i32, panel: usize): void {
  const end = panel + ((<usize>inner) << 5);
  while (panel < end) {
    v128.store(panel, v128.load(b));
    v128.store(panel, v128.load(b, 16), 16);
    b += stepB;
    panel += 32;
  }
}

/** Four rows at `from`, `stride` bytes apart, become four columns: rows of 4 values at `to`, 32 bytes apart. */
function transpose4(from: usize, stride: usize, to: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + stride);
  const r2 = v128.load(from + 2 * stride);
  const r3 = v128.load(from + 3 * stride);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(to, v128.shuffle<f64>(low01, low23, 1, 3), 32);
  v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), 64);
  v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3), 96);
}

/**
 * panel [inner, 8] = `columns` (1..8) columns of b, where value k of column j lies at b + k * stepB + j * columnB. Columns
 * from `columns` on are left as they were.
 */
export function packColumns(b: usize, stepB: usize, columnB: usize, inner: i32, columns: i32, panel: usize): void {
  for (let k = 0; k < inner; ) {
    const from = b + <usize>k * stepB;
    const to = panel + ((<usize>k) << 5);
    const isBlock = stepB == 4 && k + 4 <= inner;
    const rows = isBlock ? 4 : 1;
    let j = 0;
    if (isBlock)
      for (; j + 4 <= columns; j += 4) transpose4(from + <usize>j * columnB, columnB, to + ((<usize>j) << 2));
    for (; j < columns; j++) {
      const column = from + <usize>j * columnB;
      for (let i: usize = 0; i < <usize>rows; i++)
        f32.store(to + (i << 5) + ((<usize>j) << 2), f32.load(column + i * stepB));
    }
    k += rows;
  }
}
