import { add, mul, pad, reshape, slice, type WindowOptions } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { tapAlong } from "./tapAlong.ts";

/** Taps of a filter: each is an op of its own. */
const MAX_TAPS = 1024;

/**
 * Cross-correlation of each channel with its own filters: a sum over the taps of shifted images times one row of w.
 * Shapes: x [batch, height, width, channels], w [kernelHeight, kernelWidth, channels, multiplier]
 * -> [batch, outHeight, outWidth, channels · multiplier]; the filters of one channel are neighbours.
 * @throws RangeError if the filter has more than 1024 taps or does not fit.
 */
export function depthwise(x: Tensor, w: Tensor, { strides, dilations, padding }: Required<WindowOptions>): Tensor {
  const [kernelHeight, kernelWidth, channels, multiplier] = w.shape as [number, number, number, number];
  const numTaps = kernelHeight * kernelWidth;
  if (numTaps > MAX_TAPS) throw new RangeError(`depthwise filter expected <= ${MAX_TAPS} taps, got ${numTaps}`);
  const padded = pad(pad(x, 1, padding[0], padding[1]), 2, padding[2], padding[3]);
  const rows = tapAlong(padded, 1, kernelHeight, strides[0], dilations[0]);
  const taps = rows.flatMap((row, i) =>
    tapAlong(row, 2, kernelWidth, strides[1], dilations[1]).map((pixels, j) => {
      const factors = slice(slice(w, 0, i, 1), 1, j, 1);
      if (multiplier === 1) return mul(pixels, reshape(factors, [channels]));
      return mul(reshape(pixels, [...pixels.shape, 1]), reshape(factors, [channels, multiplier]));
    }),
  );
  const sum = taps.reduce(add);
  return multiplier === 1 ? sum : reshape(sum, [...sum.shape.slice(0, 3), channels * multiplier]);
}
