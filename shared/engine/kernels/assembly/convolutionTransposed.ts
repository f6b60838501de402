/** The transposed convolution: what each pixel of x adds to the pixels of y around it, none of them in the padding. */
import { tileRow } from "./tiling";

function word(at: usize, i: i32): i32 {
  return i32.load(at + ((<usize>i) << 2));
}

/**
 * y [batch, rows, columns, channelsOut] = sum over the pixels of x [batch, height, width, channelsIn] and the taps of x · w, w
 * [tapsY, channelsIn, tapsX, channelsOut]: pixel (s, q) and tap (v, u) meet in row s * strideY - top + v and column
 * q * strideX - left + u of y, and are left out where that lies outside. All arrays are dense. `at` points to 13 words: batch, height,
 * width, channelsIn, rows, columns, channelsOut, tapsY, tapsX, strideY, strideX, top, left.
 *
 * A row of w's taps meets neighbours in y, so one pixel's share of a row is a row of a product. Pixels of one column share no pixel of
 * y: they are the rows of a tile. Summed in the order (row, column, channel) of x, as `convolve` does over x with padding.
 */
export function convolveTransposed(at: usize, x: usize, w: usize, y: usize): void {
  const height = word(at, 1);
  const width = word(at, 2);
  const channelsIn = word(at, 3);
  const rows = word(at, 4);
  const columns = word(at, 5);
  const tapsY = word(at, 7);
  const tapsX = word(at, 8);
  const strideY = word(at, 9);
  const xPixel = (<usize>channelsIn) << 2;
  const xRow = <usize>width * xPixel;
  const yPixel = (<usize>word(at, 6)) << 2;
  const yRow = <usize>columns * yPixel;
  const step = <usize>strideY * yRow;
  const wChannel = <usize>tapsX * yPixel;
  const none = f32x4.splat(-Infinity);
  for (let b = word(at, 0); b > 0; b--) {
    memory.fill(y, 0, <usize>rows * yRow);
    for (let v = tapsY - 1; v >= 0; v--) {
      const wTap = w + <usize>(v * channelsIn) * wChannel;
      // The rows of x that meet y: 0 <= s * strideY - shift < rows.
      const shift = word(at, 11) - v;
      const first = max((shift + strideY - 1) / strideY, 0);
      const end = min((rows + shift + strideY - 1) / strideY, height);
      for (let q = 0; q < width; q++) {
        const column = q * word(at, 10) - word(at, 12);
        const left = max(column, 0);
        const span = min(column + tapsX, columns) - left;
        if (span <= 0) continue;
        const from = wTap + <usize>(left - column) * yPixel;
        const count = span * word(at, 6);
        for (let s = first; s < end; s += 5) {
          const pixel = x + <usize>s * xRow + <usize>q * xPixel;
          const to = y + <usize>(s * strideY - shift) * yRow + <usize>left * yPixel;
          tileRow(min(end - s, 5), pixel, xRow, 4, from, wChannel, channelsIn, count, to, step, to, step, none);
        }
      }
    }
    x += <usize>height * xRow;
    y += <usize>rows * yRow;
  }
}
