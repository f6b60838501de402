/**
 * Convolutions over channels-last images, straight from where they lie: for one pixel and one row of the filter, the values
 * that meet the filter are neighbours in x, so a product's tile walks them without a copy (im2col). One kernel serves
 * the forward pass and, with the filter read backwards, the gradient of x; a second one the gradient of the filter.
 */
import { PANEL_ROWS, packColumns, packRows, panel } from "./pack";
import { tileColumn } from "./tiling";

function word(at: usize, i: i32): i32 {
  return i32.load(at + ((<usize>i) << 2));
}

function bytes(at: usize, i: i32): usize {
  return <usize>word(at, i);
}

/** `rows` consecutive rows (from `first` on) of 8 filters, in the order (tapY, tapX, channel), go to the panel. */
function packFilter(at: usize, w: usize, first: i32, rows: i32, columns: i32): void {
  const tapsX = word(at, 6);
  const channels = word(at, 3);
  const wTapY = bytes(at, 15);
  const wTapX = bytes(at, 16);
  const step = bytes(at, 17);
  const column = bytes(at, 18);
  let to = panel;
  let tap = first / channels;
  let channel = first % channels;
  while (rows > 0) {
    const count = min(channels - channel, rows);
    const y = tap / tapsX;
    const from = w + <usize>y * wTapY + <usize>(tap - y * tapsX) * wTapX + <usize>channel * step;
    if (column == 4) packRows(from, step, count, to);
    else packColumns(from, step, column, count, columns, to);
    to += (<usize>count) << 5;
    rows -= count;
    channel = 0;
    tap++;
  }
}

/**
 * y [batch, rows, columns, channelsOut] = init + sum over taps and channels of x · w, then max(., floor).
 * x, w, y are addresses, init that of a row of channelsOut values. `at` points to 19 words; steps in bytes:
 *   0 batch, 1 rows, 2 columns (of y), 3 channelsIn, 4 channelsOut, 5 tapsY, 6 tapsX (of the filter),
 *   7 xImage, 8 xRow, 9 xPixel: steps in x from one image, row, pixel of y to the next,
 *   10 xTapY, 11 xTapX: steps in x from one tap to the next,
 *   12 yImage, 13 yRow, 14 yPixel: steps in y,
 *   15 wTapY, 16 wTapX (negative where the filter is read backwards), 17 wChannelIn, 18 wChannelOut: steps in w.
 * x has neighbouring channels and holds its padding. The taps are summed in the order (y, x, channel), whatever the strides.
 */
export function convolve(at: usize, x: usize, w: usize, y: usize, init: usize, floor: f32): void {
  const batch = word(at, 0);
  const rows = word(at, 1);
  const pixels = word(at, 2);
  const xImage = bytes(at, 7);
  const xRow = bytes(at, 8);
  const xPixel = bytes(at, 9);
  const channelsOut = word(at, 4);
  const channelsIn = word(at, 3);
  const yImage = bytes(at, 12);
  const yRow = bytes(at, 13);
  const yPixel = bytes(at, 14);
  const xTapY = bytes(at, 10);
  const xTapX = bytes(at, 11);
  const tapsY = word(at, 5);
  const tapsX = word(at, 6);
  // Windows of `inner` neighbours, `outer` of them a group, `step` apart; groups `groupStep` apart.
  const dense = xTapX == (<usize>channelsIn) << 2 || tapsX == 1;
  const inner = dense ? tapsX * channelsIn : channelsIn;
  const outer = dense ? tapsY : tapsX;
  const step = dense ? xTapY : xTapX;
  const groups = dense ? 1 : tapsY;
  const last = f32x4.splat(floor);
  const none = f32x4.splat(-Infinity);
  const depth = min(inner, PANEL_ROWS);
  for (let j = 0; j < channelsOut; ) {
    const width = min(channelsOut - j, 8);
    const strip = w + <usize>j * bytes(at, 18);
    const at4 = (<usize>j) << 2;
    let start = init + at4;
    let isFirst = true;
    for (let group = 0; group < groups; group++) {
      for (let o = 0; o < outer; ) {
        const windows = min(max(PANEL_ROWS / inner, 1), outer - o);
        for (let k = 0; k < inner; k += depth) {
          const count = min(depth, inner - k);
          packFilter(at, strip, (group * outer + o) * inner + k, windows * count, width);
          const isLast = group == groups - 1 && o + windows == outer && k + count == inner;
          const edge = isLast ? last : none;
          let image = x + <usize>group * xTapY + <usize>o * step + ((<usize>k) << 2);
          let out = y + at4;
          for (let b = 0; b < batch; b++) {
            for (let r = 0; r < rows; r++) {
              const to = out + <usize>r * yRow;
              tileColumn(
                width,
                pixels,
                image + <usize>r * xRow,
                xPixel,
                4,
                step - ((<usize>count) << 2),
                panel,
                32,
                count,
                windows,
                isFirst ? start : to,
                isFirst ? 0 : yPixel,
                to,
                yPixel,
                edge,
              );
            }
            image += xImage;
            out += yImage;
          }
          isFirst = false;
        }
        o += windows;
      }
    }
    j += width;
  }
}

/**
 * dw [tapsY, tapsX, channelsIn, channelsOut], dense, = init + sum over the pixels of x · dy. init [.., channelsOut] has rows
 * `initStride` bytes apart (0: one row for all) and may be dw itself. `at` points to the words of `convolve` for the
 * forward pass, of which 12..14 now are the steps in dy. Summed in the order (image, row, pixel), whatever the strides.
 */
export function convolveFilterGrad(at: usize, x: usize, dy: usize, dw: usize, init: usize, initStride: usize): void {
  const batch = word(at, 0);
  const rows = word(at, 1);
  const pixels = word(at, 2);
  const xImage = bytes(at, 7);
  const xRow = bytes(at, 8);
  const xPixel = bytes(at, 9);
  const channelsOut = word(at, 4);
  const channelsIn = word(at, 3);
  const dyImage = bytes(at, 12);
  const dyRow = bytes(at, 13);
  const dyPixel = bytes(at, 14);
  const xTapY = bytes(at, 10);
  const xTapX = bytes(at, 11);
  const tapsY = word(at, 5);
  const tapsX = word(at, 6);
  const dense = xTapX == (<usize>channelsIn) << 2 || tapsX == 1;
  const height = dense ? tapsX * channelsIn : channelsIn;
  const groups = dense ? 1 : tapsX;
  const strideC = (<usize>channelsOut) << 2;
  const none = f32x4.splat(-Infinity);
  const depth = min(pixels, PANEL_ROWS);
  const lines = max(PANEL_ROWS / pixels, 1);
  for (let j = 0; j < channelsOut; ) {
    const width = min(channelsOut - j, 8);
    const at4 = (<usize>j) << 2;
    let start = init + at4;
    let stride = initStride;
    for (let b = 0; b < batch; b++) {
      for (let r = 0; r < rows; r += lines) {
        const count = min(lines, rows - r);
        for (let p = 0; p < pixels; p += depth) {
          const run = min(depth, pixels - p);
          const from = dy + <usize>b * dyImage + <usize>r * dyRow + <usize>p * dyPixel + at4;
          for (let i = 0; i < count; i++)
            packRows(from + <usize>i * dyRow, dyPixel, run, panel + ((<usize>(i * run)) << 5));
          const corner = x + <usize>b * xImage + <usize>r * xRow + <usize>p * xPixel;
          const jump = xRow - <usize>run * xPixel;
          for (let ty = 0; ty < tapsY; ty++) {
            for (let g = 0; g < groups; g++) {
              const row = <usize>((ty * groups + g) * height);
              const to = dw + row * strideC + at4;
              tileColumn(
                width,
                height,
                corner + <usize>ty * xTapY + <usize>g * xTapX,
                4,
                xPixel,
                jump,
                panel,
                32,
                run,
                count,
                start + row * stride,
                stride,
                to,
                strideC,
                none,
              );
            }
          }
          start = dw + at4;
          stride = strideC;
        }
      }
    }
    j += width;
  }
}
