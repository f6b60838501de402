/**
 * Convolution of images [batch, height, width, in] with filters [kernelHeight, kernelWidth, in, out], four filters at a time.
 * `w` points at the words of a window as in pool.ts, word 13 being the input channels and word 14 the output channels.
 */
import { mulAdd, storeLanes } from "./lanes";

function word(w: usize, i: i32): i32 {
  return i32.load(w + ((<usize>i) << 2));
}

export function conv(x: usize, filter: usize, out: usize, w: usize): void {
  const height = word(w, 1);
  const width = word(w, 2);
  const channels = word(w, 13);
  const filters = word(w, 14);
  for (let image = 0; image < word(w, 0); image++) {
    for (let i = 0; i < word(w, 3); i++) {
      for (let j = 0; j < word(w, 4); j++) {
        for (let f = 0; f < filters; f += 4) {
          let sum = f32x4.splat(0);
          for (let p = 0; p < word(w, 5); p++) {
            const row = i * word(w, 7) - word(w, 11) + p * word(w, 9);
            if (<u32>row >= <u32>height) continue;
            for (let q = 0; q < word(w, 6); q++) {
              const column = j * word(w, 8) - word(w, 12) + q * word(w, 10);
              if (<u32>column >= <u32>width) continue;
              let a = x + ((<usize>(((image * height + row) * width + column) * channels)) << 2);
              let b = filter + ((<usize>((p * word(w, 6) + q) * channels * filters + f)) << 2);
              for (let c = 0; c < channels; c++) {
                sum = mulAdd(sum, v128.load32_splat(a), v128.load(b));
                a += 4;
                b += (<usize>filters) << 2;
              }
            }
          }
          storeLanes(out + ((<usize>f) << 2), sum, filters - f);
        }
        out += (<usize>filters) << 2;
      }
    }
  }
}

/** out += the gradient of the filter; `out` holds the start values. */
export function convFilterGrad(x: usize, dy: usize, out: usize, w: usize): void {
  const height = word(w, 1);
  const width = word(w, 2);
  const channels = word(w, 13);
  const filters = word(w, 14);
  for (let image = 0; image < word(w, 0); image++) {
    for (let i = 0; i < word(w, 3); i++) {
      for (let j = 0; j < word(w, 4); j++) {
        for (let p = 0; p < word(w, 5); p++) {
          const row = i * word(w, 7) - word(w, 11) + p * word(w, 9);
          if (<u32>row >= <u32>height) continue;
          for (let q = 0; q < word(w, 6); q++) {
            const column = j * word(w, 8) - word(w, 12) + q * word(w, 10);
            if (<u32>column >= <u32>width) continue;
            const a = x + ((<usize>(((image * height + row) * width + column) * channels)) << 2);
            const to = out + ((<usize>((p * word(w, 6) + q) * channels * filters)) << 2);
            for (let c = 0; c < channels; c++) {
              const value = v128.load32_splat(a + ((<usize>c) << 2));
              for (let f = 0; f < filters; f += 4) {
                const at = to + ((<usize>(c * filters + f)) << 2);
                storeLanes(at, mulAdd(v128.load(at), value, v128.load(dy + ((<usize>f) << 2))), filters - f);
              }
            }
          }
        }
        dy += (<usize>filters) << 2;
      }
    }
  }
}
