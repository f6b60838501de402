import { assertPositiveInteger } from "../../../base/assert.ts";
import { reshape } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { Layer } from "../../layer.ts";
import { assertPadding, type Padding1d, padding1dOf } from "../convolution/windows.ts";
import { averagePool2d } from "./averagePool2d.ts";
import { maxPool2d } from "./maxPool2d.ts";

export interface Pool1dOptions {
  /** Steps between neighbouring windows; the kernel when absent. */
  readonly stride?: number;
  /** "valid" when absent. */
  readonly padding?: Exclude<Padding1d, "causal">;
}

export interface AveragePool1dOptions extends Pool1dOptions {
  /** Whether steps of the padding count as zeros of the mean; false when absent. */
  readonly countPadding?: boolean;
}

/** Largest value of each window and channel. Shapes: x [batch, time, channels] -> y [batch, outTime, channels]. */
export function maxPool1d(kernel: number, options: Pool1dOptions = {}): Layer<never> {
  return alongTime("maxPool1d", kernel, options, maxPool2d);
}

/** Mean of each window and channel. Shapes: x [batch, time, channels] -> y [batch, outTime, channels]. */
export function averagePool1d(kernel: number, options: AveragePool1dOptions = {}): Layer<never> {
  const { countPadding = false } = options;
  return alongTime("averagePool1d", kernel, options, (size, windows) =>
    averagePool2d(size, { ...windows, countPadding }),
  );
}

/** A pool over images one pixel high. */
function alongTime(kind: string, kernel: number, options: Pool1dOptions, pool2d: typeof maxPool2d): Layer<never> {
  assertPositiveInteger("kernel", kernel);
  const { stride = kernel, padding = "valid" } = options;
  assertPositiveInteger("stride", stride);
  assertPadding(padding, ["same", "valid"]);
  const pool = pool2d([1, kernel], { strides: [1, stride], padding: padding1dOf(padding, kernel, 1) });
  return {
    name: `${kind}(${kernel})`,
    document: { kind, kernel, ...options },
    init: {},
    apply(_, x, ctx): Tensor {
      const [batch, time, channels] = x.shape;
      if (x.shape.length !== 3) {
        throw new RangeError(`${kind} expected x [batch, time, channels], got ${shapeText(x.shape)}`);
      }
      const y = pool.apply({}, reshape(x, [batch!, 1, time!, channels!]), ctx);
      return reshape(y, [batch!, y.shape[2]!, channels!]);
    },
  };
}
