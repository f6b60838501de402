import { add, mul } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { filled, type Initializer, type InitializerOptions, zeros } from "../../initializer.ts";

/** The arrays of `y · scale + shift` on the last axis: scale begins as one, shift as zero. */
export function affineInit(features: number, options?: InitializerOptions): Record<"scale" | "shift", Initializer> {
  return { scale: filled([features], 1, options), shift: zeros([features], options) };
}

/** y · scale + shift; y where there are none. */
export function applyAffine(y: Tensor, params: Readonly<Record<string, Tensor>>): Tensor {
  const { scale, shift } = params;
  const scaled = scale ? mul(y, scale) : y;
  return shift ? add(scaled, shift) : scaled;
}

/** @throws RangeError unless x has a batch and `features` as its last axis. */
export function assertFeatures(name: string, features: number, x: Tensor): void {
  if (x.shape.length < 2 || x.shape.at(-1) !== features) {
    throw new RangeError(`${name} expected x [batch, ..., ${features}], got ${shapeText(x.shape)}`);
  }
}
