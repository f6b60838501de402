/**
 * Maximum over windows of images [batch, height, width, channels], four channels at a time. `w` points at the words of a
 * window: batch, height, width, outHeight, outWidth, kernel (2), strides (2), dilations (2), top and left padding, channels.
 */
import { storeLanes } from "./lanes";

function word(w: usize, i: i32): i32 {
  return i32.load(w + ((<usize>i) << 2));
}

/** Address of a window's pixel, or 0 where it lies in the padding. */
function pixel(x: usize, w: usize, image: i32, row: i32, column: i32): usize {
  const height = word(w, 1);
  const width = word(w, 2);
  if (<u32>row >= <u32>height || <u32>column >= <u32>width) return 0;
  return x + ((<usize>(((image * height + row) * width + column) * word(w, 13))) << 2);
}

export function maxPool(x: usize, out: usize, w: usize): void {
  const channels = word(w, 13);
  for (let image = 0; image < word(w, 0); image++) {
    for (let i = 0; i < word(w, 3); i++) {
      for (let j = 0; j < word(w, 4); j++) {
        const top = i * word(w, 7) - word(w, 11);
        const left = j * word(w, 8) - word(w, 12);
        for (let c = 0; c < channels; c += 4) {
          let best = f32x4.splat(-Infinity);
          for (let p = 0; p < word(w, 5); p++) {
            for (let q = 0; q < word(w, 6); q++) {
              const at = pixel(x, w, image, top + p * word(w, 9), left + q * word(w, 10));
              if (at) best = f32x4.max(best, v128.load(at + ((<usize>c) << 2)));
            }
          }
          storeLanes(out + ((<usize>c) << 2), best, channels - c);
        }
        out += (<usize>channels) << 2;
      }
    }
  }
}

/** dx += dy at the first pixel of each window that holds its maximum; `dx` holds the start values. */
export function maxPoolGrad(dy: usize, x: usize, y: usize, dx: usize, w: usize): void {
  const channels = word(w, 13);
  const shift = dx - x;
  for (let image = 0; image < word(w, 0); image++) {
    for (let i = 0; i < word(w, 3); i++) {
      for (let j = 0; j < word(w, 4); j++) {
        const top = i * word(w, 7) - word(w, 11);
        const left = j * word(w, 8) - word(w, 12);
        for (let c = 0; c < channels; c += 4) {
          const lane = (<usize>c) << 2;
          const best = v128.load(y + lane);
          let rest = v128.load(dy + lane);
          let open = i32x4.splat(-1);
          for (let p = 0; p < word(w, 5); p++) {
            for (let q = 0; q < word(w, 6); q++) {
              const at = pixel(x, w, image, top + p * word(w, 9), left + q * word(w, 10));
              if (!at) continue;
              const found = v128.and(open, f32x4.eq(v128.load(at + lane), best));
              const to = at + shift + lane;
              storeLanes(to, f32x4.add(v128.load(to), v128.and(rest, found)), channels - c);
              open = v128.andnot(open, found);
            }
          }
        }
        const bytes = (<usize>channels) << 2;
        dy += bytes;
        y += bytes;
      }
    }
  }
}
