/**
 * Maximum over windows of images [batch, height, width, channels], four channels at a time. `w` points at the words of a
 * window: batch, height, width, outHeight, outWidth, kernel (2), strides (2), dilations (2), top and left padding, channels.
 */
import { storeLanes } from "./lanes";

let batch: i32 = 0;
let height: i32 = 0;
let width: i32 = 0;
let outHeight: i32 = 0;
let outWidth: i32 = 0;
let tapsY: i32 = 0;
let tapsX: i32 = 0;
let strideY: i32 = 0;
let strideX: i32 = 0;
let dilationY: i32 = 0;
let dilationX: i32 = 0;
let top: i32 = 0;
let left: i32 = 0;
let channels: i32 = 0;

function readWindow(w: usize): void {
  batch = i32.load(w);
  height = i32.load(w, 4);
  width = i32.load(w, 8);
  outHeight = i32.load(w, 12);
  outWidth = i32.load(w, 16);
  tapsY = i32.load(w, 20);
  tapsX = i32.load(w, 24);
  strideY = i32.load(w, 28);
  strideX = i32.load(w, 32);
  dilationY = i32.load(w, 36);
  dilationX = i32.load(w, 40);
  top = i32.load(w, 44);
  left = i32.load(w, 48);
  channels = i32.load(w, 52);
}

/** Whether the windows lie side by side and leave no pixel out, so that each pixel belongs to exactly one. */
function tilesImage(): bool {
  const plain = dilationY == 1 && dilationX == 1 && top == 0 && left == 0;
  const sideBySide = strideY == tapsY && strideX == tapsX;
  return plain && sideBySide && outHeight * tapsY == height && outWidth * tapsX == width;
}

/** `maxPool` where 2 x 2 windows tile the image: what nearly every model asks for, without a loop over taps. */
function maxPool2(x: usize, out: usize, rows: i32, columns: i32, count: i32): void {
  const pixelBytes = (<usize>count) << 2;
  const rowBytes = (<usize>columns * pixelBytes) << 1;
  for (; rows > 0; rows--) {
    for (let j = 0; j < columns; j++) {
      for (let c = 0; c < count; c += 4) {
        const at = x + ((<usize>c) << 2);
        const upper = f32x4.max(v128.load(at), v128.load(at + pixelBytes));
        const lower = f32x4.max(v128.load(at + rowBytes), v128.load(at + rowBytes + pixelBytes));
        storeLanes(out + ((<usize>c) << 2), f32x4.max(upper, lower), count - c);
      }
      x += pixelBytes << 1;
      out += pixelBytes;
    }
    x += rowBytes;
  }
}

/** dy where `best` is above `floor`, else 0; all of it where `floor` is NaN. */
function given(dy: usize, best: v128, floor: v128): v128 {
  return v128.andnot(v128.load(dy), f32x4.le(best, floor));
}

/** Gives `count` lanes of `rest` to a pixel of dx where that of x is the best; returns what then is left. */
function give(rest: v128, best: v128, x: usize, dx: usize, count: i32): v128 {
  const found = f32x4.eq(v128.load(x), best);
  storeLanes(dx, v128.and(rest, found), count);
  return v128.andnot(rest, found);
}

/** `maxPoolGrad` there. */
function maxPoolGrad2(
  dy: usize,
  x: usize,
  y: usize,
  dx: usize,
  rows: i32,
  columns: i32,
  count: i32,
  floor: v128,
): void {
  const pixelBytes = (<usize>count) << 2;
  const rowBytes = (<usize>columns * pixelBytes) << 1;
  for (; rows > 0; rows--) {
    for (let j = 0; j < columns; j++) {
      for (let c = 0; c < count; c += 4) {
        const at = (<usize>c) << 2;
        const next = at + pixelBytes;
        const n = count - c;
        const best = v128.load(y + at);
        let rest = give(given(dy + at, best, floor), best, x + at, dx + at, n);
        rest = give(rest, best, x + next, dx + next, n);
        rest = give(rest, best, x + rowBytes + at, dx + rowBytes + at, n);
        give(rest, best, x + rowBytes + next, dx + rowBytes + next, n);
      }
      dy += pixelBytes;
      y += pixelBytes;
      x += pixelBytes << 1;
      dx += pixelBytes << 1;
    }
    x += rowBytes;
    dx += rowBytes;
  }
}

export function maxPool(x: usize, out: usize, w: usize): void {
  readWindow(w);
  if (tapsY == 2 && tapsX == 2 && tilesImage()) {
    maxPool2(x, out, batch * outHeight, outWidth, channels);
    return;
  }
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>width * pixelBytes;
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      const firstRow = i * strideY - top;
      for (let j = 0; j < outWidth; j++) {
        const firstColumn = j * strideX - left;
        for (let c = 0; c < channels; c += 4) {
          let best = f32x4.splat(-Infinity);
          for (let p = 0; p < tapsY; p++) {
            const row = firstRow + p * dilationY;
            if (<u32>row >= <u32>height) continue;
            const line = x + <usize>row * rowBytes + ((<usize>c) << 2);
            for (let q = 0; q < tapsX; q++) {
              const column = firstColumn + q * dilationX;
              if (<u32>column < <u32>width) best = f32x4.max(best, v128.load(line + <usize>column * pixelBytes));
            }
          }
          storeLanes(out + ((<usize>c) << 2), best, channels - c);
        }
        out += pixelBytes;
      }
    }
    x += <usize>height * rowBytes;
  }
}

/**
 * dx = dy at the first pixel of each window that holds its maximum, summed where windows overlap, 0 elsewhere. Word 14 of `w` is 1
 * for x = relu(..) and the gradient before the relu: a window whose maximum is 0 gives nothing.
 */
export function maxPoolGrad(dy: usize, x: usize, y: usize, dx: usize, w: usize): void {
  readWindow(w);
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>width * pixelBytes;
  const imageBytes = <usize>height * rowBytes;
  // Where every pixel belongs to one window, each is written once.
  const isTiled = tilesImage();
  const floor = f32x4.splat(i32.load(w, 56) ? 0 : NaN);
  if (tapsY == 2 && tapsX == 2 && isTiled) {
    maxPoolGrad2(dy, x, y, dx, batch * outHeight, outWidth, channels, floor);
    return;
  }
  if (!isTiled) memory.fill(dx, 0, <usize>batch * imageBytes);
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      const firstRow = i * strideY - top;
      for (let j = 0; j < outWidth; j++) {
        const firstColumn = j * strideX - left;
        for (let c = 0; c < channels; c += 4) {
          const lane = (<usize>c) << 2;
          const best = v128.load(y + lane);
          let rest = given(dy + lane, best, floor);
          for (let p = 0; p < tapsY; p++) {
            const row = firstRow + p * dilationY;
            if (<u32>row >= <u32>height) continue;
            for (let q = 0; q < tapsX; q++) {
              const column = firstColumn + q * dilationX;
              if (<u32>column >= <u32>width) continue;
              const at = <usize>row * rowBytes + <usize>column * pixelBytes + lane;
              const found = f32x4.eq(v128.load(x + at), best);
              const share = v128.and(rest, found);
              const to = dx + at;
              storeLanes(to, isTiled ? share : f32x4.add(v128.load(to), share), channels - c);
              rest = v128.andnot(rest, found);
            }
          }
        }
        dy += pixelBytes;
        y += pixelBytes;
      }
    }
    x += imageBytes;
    dx += imageBytes;
  }
}
