import { assertInteger } from "../../../base/assert.ts";
import { GRAPH_LIMITS } from "../../../graph/graphLimits.ts";
import { add, constant, div, literal, mul, pad, reduceSum, reshape, slice } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { tapAlong } from "../convolution/tapAlong.ts";
import { type Windows, windowOptions } from "../convolution/windows.ts";

/**
 * Mean of each window and channel over the pixels of the image in it; those of the padding count only if `countPadding`.
 * Shapes: x [batch, height, width, channels] -> [batch, outHeight, outWidth, channels].
 */
export function averageWindows(x: Tensor, windows: Windows, countPadding: boolean): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const { kernel, strides } = windows;
  const { padding } = windowOptions(windows, height, width);
  const isPadded = padding.some((size) => size > 0);
  const factor = constant(1 / (kernel[0] * kernel[1]));
  const fits = height >= kernel[0] && width >= kernel[1];
  if (!isPadded && fits && kernel[0] === strides[0] && kernel[1] === strides[1]) {
    const rows = Math.floor(height / kernel[0]);
    const columns = Math.floor(width / kernel[1]);
    const whole = slice(slice(x, 1, 0, rows * kernel[0]), 2, 0, columns * kernel[1]);
    const blocks = reshape(whole, [batch, rows, kernel[0], columns, kernel[1], channels]);
    return mul(reduceSum(blocks, [2, 4]), factor);
  }
  const padded = pad(pad(x, 1, padding[0], padding[1]), 2, padding[2], padding[3]);
  const rows = tapAlong(padded, 1, kernel[0], strides[0], 1).reduce(add);
  const sums = tapAlong(rows, 2, kernel[1], strides[1], 1).reduce(add);
  if (!isPadded || countPadding) return mul(sums, factor);
  const [, outHeight, outWidth] = sums.shape as [number, number, number, number];
  const down = pixelsWithin(outHeight, height, kernel[0], strides[0], padding[0]);
  const across = pixelsWithin(outWidth, width, kernel[1], strides[1], padding[2]);
  // Multiplied when it runs: a literal of every window would be as large as the image.
  return mul(sums, div(constant(1), mul(reshape(down, [outHeight, 1, 1]), reshape(across, [outWidth, 1]))));
}

/** Pixels of the image, not of its padding, in each window along one axis, [windows]; 1 where there is none, whose sum is 0. */
function pixelsWithin(windows: number, size: number, kernel: number, stride: number, before: number): Tensor {
  assertInteger("windows along one axis", windows, 1, GRAPH_LIMITS.literalValues);
  const pixels = Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return Math.max(1, Math.min(size, start + kernel) - Math.max(0, start));
  });
  return literal(pixels, [windows]);
}
