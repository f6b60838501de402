import { assertPositiveInteger } from "../../../base/assert.ts";
import { add } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import { zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { type WeightInit, weightInit } from "../../weightInit.ts";
import { groupedConv2d } from "./groupedConv2d.ts";
import { assertPadding, type Extent, extentOf, extentText, type Padding } from "./windows.ts";

export interface Conv2dOptions {
  /** Pixels between neighbouring windows; 1 when absent. */
  readonly strides?: Extent;
  /** "valid" when absent. */
  readonly padding?: Padding;
  /** Pixels between neighbouring taps; 1 when absent. */
  readonly dilations?: Extent;
  /** Groups of channels that do not see each other; 1 when absent, inChannels for a depthwise convolution. */
  readonly groups?: number;
  /** Whether b is added; true when absent. */
  readonly bias?: boolean;
  /** How w begins; "heUniform" when absent. */
  readonly init?: WeightInit;
}

/**
 * Cross-correlation over images, channels last.
 * Shapes: x [batch, height, width, inChannels], w [kernelHeight, kernelWidth, inChannels / groups, outChannels],
 * b [outChannels] -> y [batch, outHeight, outWidth, outChannels].
 * Init: w by `options.init` with fanIn = kernelHeight · kernelWidth · inChannels / groups, b zero.
 * Source: LeCun et al. 1998, section II.
 * @throws RangeError if a count is not positive or the groups do not divide the channels.
 */
export function conv2d(inChannels: number, outChannels: number, kernel: Extent, options: Conv2dOptions = {}): Layer {
  assertPositiveInteger("inChannels", inChannels);
  assertPositiveInteger("outChannels", outChannels);
  const { padding = "valid", groups = 1, bias = true, init = "heUniform" } = options;
  assertGroups(groups, inChannels, outChannels);
  assertPadding(padding, ["same", "valid"]);
  const [height, width] = extentOf("kernel", kernel);
  const windows = {
    kernel: [height, width] as const,
    strides: extentOf("strides", options.strides ?? 1),
    dilations: extentOf("dilations", options.dilations ?? 1),
    padding,
  };
  const taps = height * width;
  const fans = { fanIn: (taps * inChannels) / groups, fanOut: (taps * outChannels) / groups };
  return {
    name: `conv2d(${inChannels}, ${outChannels}, ${extentText(windows.kernel)})`,
    document: { kind: "conv2d", inChannels, outChannels, kernel, ...options },
    init: {
      w: weightInit(init, [height, width, inChannels / groups, outChannels], fans),
      ...(bias && { b: zeros([outChannels]) }),
    },
    apply({ w, b }, x) {
      if (x.shape.length !== 4 || x.shape[3] !== inChannels) {
        throw new RangeError(
          `conv2d expected x [batch, height, width, ${inChannels}] for w ${shapeText(w!.shape)}, got ${shapeText(x.shape)}`,
        );
      }
      const y = groupedConv2d(x, w!, windows, groups);
      return b ? add(y, b) : y;
    },
  };
}

/** Groups become convolutions of their own, unless each channel is one. */
const MAX_GROUPS = 64;

/** @throws RangeError unless the groups divide both counts of channels and are few, or as many as the channels. */
export function assertGroups(groups: number, inChannels: number, outChannels: number): void {
  assertPositiveInteger("groups", groups);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new RangeError(`"groups" expected a divisor of ${inChannels} and ${outChannels} channels, got ${groups}`);
  }
  if (groups > MAX_GROUPS && groups !== inChannels) {
    throw new RangeError(`"groups" expected <= ${MAX_GROUPS} or all ${inChannels} channels, got ${groups}`);
  }
}
