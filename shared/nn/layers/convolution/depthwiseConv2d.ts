import { assertPositiveInteger } from "../../../base/assert.ts";
import { add } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import { zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { weightInit } from "../../weightInit.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { depthwise } from "./depthwise.ts";
import { assertPadding, type Extent, extentOf, extentText, windowOptions } from "./windows.ts";

export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, "groups"> {
  /** Filters a channel; 1 when absent. */
  readonly multiplier?: number;
}

/**
 * Cross-correlation of each channel with its own filters.
 * Shapes: x [batch, height, width, channels], w [kernelHeight, kernelWidth, channels, multiplier], b [channels · multiplier]
 * -> y [batch, outHeight, outWidth, channels · multiplier]; the filters of one channel are neighbours.
 * Init: w by `options.init` with fanIn = kernelHeight · kernelWidth, b zero. Source: Howard et al. 2017, eq. 3, arXiv:1704.04861.
 * @throws RangeError if a count is not positive.
 */
export function depthwiseConv2d(channels: number, kernel: Extent, options: DepthwiseConv2dOptions = {}): Layer {
  assertPositiveInteger("channels", channels);
  const { padding = "valid", multiplier = 1, bias = true, init = "heUniform" } = options;
  assertPositiveInteger("multiplier", multiplier);
  assertPadding(padding, ["same", "valid"]);
  const [height, width] = extentOf("kernel", kernel);
  const taps = height * width;
  const windows = {
    kernel: [height, width] as const,
    strides: extentOf("strides", options.strides ?? 1),
    dilations: extentOf("dilations", options.dilations ?? 1),
    padding,
  };
  return {
    name: `depthwiseConv2d(${channels}, ${extentText(windows.kernel)})`,
    document: { kind: "depthwiseConv2d", channels, kernel, ...options },
    init: {
      w: weightInit(init, [height, width, channels, multiplier], { fanIn: taps, fanOut: taps * multiplier }),
      ...(bias && { b: zeros([channels * multiplier]) }),
    },
    apply({ w, b }, x) {
      if (x.shape.length !== 4 || x.shape[3] !== channels) {
        throw new RangeError(
          `depthwiseConv2d expected x [batch, height, width, ${channels}] for w ${shapeText(w!.shape)}, got ${shapeText(x.shape)}`,
        );
      }
      const y = depthwise(x, w!, windowOptions(windows, x.shape[1]!, x.shape[2]!));
      return b ? add(y, b) : y;
    },
  };
}
