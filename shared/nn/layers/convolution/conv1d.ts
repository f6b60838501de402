import { assertPositiveInteger } from "../../../base/assert.ts";
import { add, reshape } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import { zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { type WeightInit, weightInit } from "../../weightInit.ts";
import { assertGroups } from "./conv2d.ts";
import { groupedConv2d } from "./groupedConv2d.ts";
import { assertPadding, type Padding1d, padding1dOf } from "./windows.ts";

export interface Conv1dOptions {
  /** Steps between neighbouring windows; 1 when absent. */
  readonly stride?: number;
  /** "valid" when absent; "causal" pads before only. */
  readonly padding?: Padding1d;
  /** Steps between neighbouring taps; 1 when absent. */
  readonly dilation?: number;
  /** Groups of channels that do not see each other; 1 when absent. */
  readonly groups?: number;
  /** Whether b is added; true when absent. */
  readonly bias?: boolean;
  /** How w begins; "heUniform" when absent. */
  readonly init?: WeightInit;
}

/**
 * Cross-correlation along time.
 * Shapes: x [batch, time, inChannels], w [kernel, inChannels / groups, outChannels], b [outChannels]
 * -> y [batch, outTime, outChannels].
 * Init: w by `options.init` with fanIn = kernel · inChannels / groups, b zero.
 * Source: Waibel et al. 1989 (time-delay networks); causal and dilated as in van den Oord et al. 2016, arXiv:1609.03499.
 * @throws RangeError if a count is not positive or the groups do not divide the channels.
 */
export function conv1d(inChannels: number, outChannels: number, kernel: number, options: Conv1dOptions = {}): Layer {
  assertPositiveInteger("inChannels", inChannels);
  assertPositiveInteger("outChannels", outChannels);
  assertPositiveInteger("kernel", kernel);
  const { stride = 1, padding = "valid", dilation = 1, groups = 1, bias = true, init = "heUniform" } = options;
  assertPositiveInteger("stride", stride);
  assertPositiveInteger("dilation", dilation);
  assertGroups(groups, inChannels, outChannels);
  assertPadding(padding, ["same", "valid", "causal"]);
  const windows = {
    kernel: [1, kernel] as const,
    strides: [1, stride] as const,
    dilations: [1, dilation] as const,
    padding: padding1dOf(padding, kernel, dilation),
  };
  const fans = { fanIn: (kernel * inChannels) / groups, fanOut: (kernel * outChannels) / groups };
  return {
    name: `conv1d(${inChannels}, ${outChannels}, ${kernel})`,
    document: { kind: "conv1d", inChannels, outChannels, kernel, ...options },
    init: {
      w: weightInit(init, [kernel, inChannels / groups, outChannels], fans),
      ...(bias && { b: zeros([outChannels]) }),
    },
    apply({ w, b }, x) {
      const [batch, time] = x.shape;
      if (x.shape.length !== 3 || x.shape[2] !== inChannels) {
        throw new RangeError(
          `conv1d expected x [batch, time, ${inChannels}] for w ${shapeText(w!.shape)}, got ${shapeText(x.shape)}`,
        );
      }
      const image = reshape(x, [batch!, 1, time!, inChannels]);
      const product = groupedConv2d(image, reshape(w!, [1, ...w!.shape]), windows, groups);
      const y = reshape(product, [batch!, product.shape[2]!, outChannels]);
      return b ? add(y, b) : y;
    },
  };
}
