import { reduceMax, reduceMean } from "../../../graph/ops.ts";
import { sameShape, shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { ApplyContext } from "../../applyContext.ts";
import type { Layer } from "../../layer.ts";
import { poolRows } from "../../poolRows.ts";

/**
 * Mean of each channel over all positions; over those that hold data where there is a mask (0 where none does).
 * Shapes: x [batch, ...positions, channels] -> y [batch, channels]. Source: Lin et al. 2014, section 3.2, arXiv:1312.4400.
 */
export function globalAveragePool(): Layer<never> {
  return {
    name: "globalAveragePool",
    document: { kind: "globalAveragePool" },
    init: {},
    apply(_, x, ctx) {
      const axes = positionAxes("globalAveragePool", x);
      const mask = maskOf("globalAveragePool", x, ctx);
      return mask ? poolRows("mean", x, mask) : reduceMean(x, axes);
    },
  };
}

/**
 * Largest value of each channel over all positions; over those that hold data where there is a mask (0 where none does).
 * Shapes: x [batch, ...positions, channels] -> y [batch, channels].
 */
export function globalMaxPool(): Layer<never> {
  return {
    name: "globalMaxPool",
    document: { kind: "globalMaxPool" },
    init: {},
    apply(_, x, ctx) {
      const axes = positionAxes("globalMaxPool", x);
      const mask = maskOf("globalMaxPool", x, ctx);
      return mask ? poolRows("max", x, mask) : reduceMax(x, axes);
    },
  };
}

function positionAxes(name: string, x: Tensor): number[] {
  if (x.shape.length < 3) {
    throw new RangeError(`${name} expected x [batch, ...positions, channels], got ${shapeText(x.shape)}`);
  }
  return x.shape.slice(1, -1).map((_, i) => i + 1);
}

/** The mask [batch, time] of a sequence; absent for images. @throws RangeError if it belongs to another sequence. */
function maskOf(name: string, x: Tensor, { mask }: ApplyContext): Tensor | undefined {
  if (!mask || x.shape.length !== 3) return undefined;
  if (!sameShape(mask.shape, x.shape.slice(0, 2))) {
    throw new RangeError(`${name} expected a mask for x ${shapeText(x.shape)}, got ${shapeText(mask.shape)}`);
  }
  return mask;
}
