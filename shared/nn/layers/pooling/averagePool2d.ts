import { shapeText } from "../../../graph/shape.ts";
import type { Layer } from "../../layer.ts";
import { assertPadding, type Extent, extentOf, extentText, type Padding } from "../convolution/windows.ts";
import { averageWindows } from "./averageWindows.ts";

export interface AveragePool2dOptions {
  /** Pixels between neighbouring windows; the kernel when absent. */
  readonly strides?: Extent;
  /** "valid" when absent. */
  readonly padding?: Padding;
  /** Whether pixels of the padding count as zeros of the mean; false when absent (as TensorFlow; PyTorch counts them). */
  readonly countPadding?: boolean;
}

/**
 * Mean of each window and channel.
 * Shapes: x [batch, height, width, channels] -> y [batch, outHeight, outWidth, channels].
 * Source: LeCun et al. 1998, section II (subsampling).
 * @throws RangeError or TypeError if a size is no whole number in its range, or the padding no known word.
 */
export function averagePool2d(kernel: Extent, options: AveragePool2dOptions = {}): Layer<never> {
  const { padding = "valid", countPadding = false } = options;
  assertPadding(padding, ["same", "valid"]);
  const size = extentOf("kernel", kernel);
  const strides = extentOf("strides", options.strides ?? kernel);
  return {
    name: `averagePool2d(${extentText(size)})`,
    document: { kind: "averagePool2d", kernel, ...options },
    init: {},
    apply(_, x) {
      if (x.shape.length !== 4) {
        throw new RangeError(`averagePool2d expected x [batch, height, width, channels], got ${shapeText(x.shape)}`);
      }
      return averageWindows(x, { kernel: size, strides, dilations: [1, 1], padding }, countPadding);
    },
  };
}
