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

export function maxPool(x: usize, out: usize, w: usize): void {
  readWindow(w);
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

/** dx = dy at the first pixel of each window that holds its maximum, summed where windows overlap, 0 elsewhere. */
export function maxPoolGrad(dy: usize, x: usize, y: usize, dx: usize, w: usize): void {
  readWindow(w);
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>width * pixelBytes;
  const imageBytes = <usize>height * rowBytes;
  // Where every pixel belongs to one window, each is written once.
  const isTiled = tilesImage();
  if (!isTiled) memory.fill(dx, 0, <usize>batch * imageBytes);
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      const firstRow = i * strideY - top;
      for (let j = 0; j < outWidth; j++) {
        const firstColumn = j * strideX - left;
        for (let c = 0; c < channels; c += 4) {
          const lane = (<usize>c) << 2;
          const best = v128.load(y + lane);
          const given = v128.load(dy + lane);
          let open = i32x4.splat(-1);
          for (let p = 0; p < tapsY; p++) {
            const row = firstRow + p * dilationY;
            if (<u32>row >= <u32>height) continue;
            for (let q = 0; q < tapsX; q++) {
              const column = firstColumn + q * dilationX;
              if (<u32>column >= <u32>width) continue;
              const at = <usize>row * rowBytes + <usize>column * pixelBytes + lane;
              const found = v128.and(open, f32x4.eq(v128.load(x + at), best));
              const share = v128.and(given, found);
              const to = dx + at;
              storeLanes(to, isTiled ? share : f32x4.add(v128.load(to), share), channels - c);
              open = v128.andnot(open, found);
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
