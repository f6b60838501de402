import { maxPool2d as maxPool2dOp } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Layer } from "../../layer.ts";
import {
  assertPadding,
  type Extent,
  extentOf,
  extentText,
  type Padding,
  windowOptions,
} from "../convolution/windows.ts";

export interface MaxPool2dOptions {
  /** Pixels between neighbouring windows; the kernel when absent. */
  readonly strides?: Extent;
  /** "valid" when absent; what is padded is never the largest. */
  readonly padding?: Padding;
}

/**
 * Largest value of each window and channel.
 * Shapes: x [batch, height, width, channels] -> y [batch, outHeight, outWidth, channels].
 * Source: Ranzato et al. 2007, "Unsupervised learning of invariant feature hierarchies".
 * @throws RangeError or TypeError if a size is no whole number in its range, or the padding no known word.
 */
export function maxPool2d(kernel: Extent, options: MaxPool2dOptions = {}): Layer<never> {
  const { padding = "valid" } = options;
  assertPadding(padding, ["same", "valid"]);
  const size = extentOf("kernel", kernel);
  const strides = extentOf("strides", options.strides ?? kernel);
  return {
    name: `maxPool2d(${extentText(size)})`,
    document: { kind: "maxPool2d", kernel, ...options },
    init: {},
    apply(_, x) {
      if (x.shape.length !== 4) {
        throw new RangeError(`maxPool2d expected x [batch, height, width, channels], got ${shapeText(x.shape)}`);
      }
      const windows = { kernel: size, strides, dilations: [1, 1] as const, padding };
      return maxPool2dOp(x, size, windowOptions(windows, x.shape[1]!, x.shape[2]!));
    },
  };
}
