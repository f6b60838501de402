import { concat, conv2d, matmul, reshape, slice } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { depthwise } from "./depthwise.ts";
import { type Windows, windowOptions } from "./windows.ts";

/**
 * Cross-correlation in which each group of filters sees its own group of channels.
 * Shapes: x [batch, height, width, inChannels], w [kernelHeight, kernelWidth, inChannels / groups, outChannels]
 * -> [batch, outHeight, outWidth, outChannels].
 */
export function groupedConv2d(x: Tensor, w: Tensor, windows: Windows, groups: number): Tensor {
  const [, height, width, inChannels] = x.shape as [number, number, number, number];
  const [kernelHeight, kernelWidth, channels, outChannels] = w.shape as [number, number, number, number];
  const options = windowOptions(windows, height, width);
  if (groups === 1) {
    const isProduct = [...windows.kernel, ...windows.strides].every((size) => size === 1);
    if (isProduct && options.padding.every((size) => size === 0)) return matmul(x, reshape(w, [channels, outChannels]));
    return conv2d(x, w, options);
  }
  if (groups === inChannels) {
    // Filter f belongs to channel floor(f / multiplier), so the filters of one channel are neighbours.
    return depthwise(x, reshape(w, [kernelHeight, kernelWidth, inChannels, outChannels / inChannels]), options);
  }
  const filters = outChannels / groups;
  const ofGroup = (group: number): Tensor =>
    conv2d(slice(x, 3, group * channels, channels), slice(w, 3, group * filters, filters), options);
  return concat(
    Array.from({ length: groups }, (_, group) => ofGroup(group)),
    3,
  );
}
