import { assertPositiveInteger } from "../../../base/assert.ts";
import { add, matmul } from "../../../graph/ops.ts";
import { zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { weightInit } from "../../weightInit.ts";
import { type DepthwiseConv2dOptions, depthwiseConv2d } from "./depthwiseConv2d.ts";
import { type Extent, extentOf, extentText } from "./windows.ts";

/**
 * A depthwise convolution and a product over its channels, with nothing between them.
 * Shapes: x [batch, height, width, inChannels], depthwise [kernelHeight, kernelWidth, inChannels, multiplier],
 * pointwise [inChannels · multiplier, outChannels], b [outChannels] -> y [batch, outHeight, outWidth, outChannels].
 * Init: depthwise and pointwise by `options.init`, b zero. Source: Chollet 2017, section 1.2, arXiv:1610.02357.
 * @throws RangeError if a count is not positive.
 */
export function separableConv2d(
  inChannels: number,
  outChannels: number,
  kernel: Extent,
  options: DepthwiseConv2dOptions = {},
): Layer {
  assertPositiveInteger("inChannels", inChannels);
  assertPositiveInteger("outChannels", outChannels);
  const { bias = true, init = "heUniform", multiplier = 1 } = options;
  const filters = depthwiseConv2d(inChannels, kernel, { ...options, bias: false });
  const channels = inChannels * multiplier;
  return {
    name: `separableConv2d(${inChannels}, ${outChannels}, ${extentText(extentOf("kernel", kernel))})`,
    document: { kind: "separableConv2d", inChannels, outChannels, kernel, ...options },
    init: {
      depthwise: filters.init.w!,
      pointwise: weightInit(init, [channels, outChannels], { fanIn: channels, fanOut: outChannels }),
      ...(bias && { b: zeros([outChannels]) }),
    },
    apply({ depthwise, pointwise, b }, x, ctx) {
      const y = matmul(filters.apply({ w: depthwise! }, x, ctx), pointwise!);
      return b ? add(y, b) : y;
    },
  };
}
