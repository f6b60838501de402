import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import { abs, constant, minimum, mul, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { exampleMean, scaled } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

export interface HuberOptions {
  /** Size of an error beyond which the loss grows linearly, above 0. Default 1. */
  readonly delta?: number;
}

/**
 * Mean over an example's outputs of e²/2 where |e| <= delta, else delta (|e| - delta/2), e = output - target.
 * Targets: f32 [batch, ...outputShape]. Source: Huber 1964, "Robust estimation of a location parameter", eq. 1.
 * @throws RangeError unless delta > 0.
 */
export function huberLoss({ delta = 1 }: HuberOptions = {}): Loss {
  assertFinite("delta", delta, Number.MIN_VALUE);
  return {
    name: "huber",
    prediction: "values",
    targets: (batchSize, outputShape) => ({ shape: [batchSize, ...outputShape], dtype: "f32" }),
    losses(outputs, targets: Tensor) {
      const size = abs(sub(outputs, targets));
      // With q = min(|e|, delta) both branches are q (|e| - q/2).
      const bounded = minimum(size, constant(delta));
      return exampleMean(mul(bounded, sub(size, scaled(bounded, 0.5))));
    },
  };
}

export const huberKind = lossKind(
  "huber",
  { delta: v.exactOptional(v.pipe(v.number(), v.minValue(1e-6), v.maxValue(1e6))) },
  huberLoss,
);
