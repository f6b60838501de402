import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import { add, constant, mul, rsqrt } from "../../../graph/ops.ts";
import { filled } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { assertFeatures } from "./affine.ts";
import { keptMean } from "./standardiseOver.ts";

export interface RmsNormOptions {
  /** Added to the mean square; 1e-5 when absent. */
  readonly epsilon?: number;
}

/**
 * Each position divided by the root mean square of its features, times scale.
 * Shapes: x [batch, ..., features], scale [features] -> y as x. Init: scale one.
 * Source: Zhang and Sennrich 2019, eq. 4, arXiv:1910.07467.
 * @throws RangeError if the count is not positive or epsilon below 0.
 */
export function rmsNorm(features: number, options: RmsNormOptions = {}): Layer<"scale"> {
  assertPositiveInteger("features", features);
  const { epsilon = 1e-5 } = options;
  assertFinite("epsilon", epsilon, 0);
  return {
    name: `rmsNorm(${features})`,
    document: { kind: "rmsNorm", features, ...options },
    init: { scale: filled([features], 1) },
    apply({ scale }, x) {
      assertFeatures("rmsNorm", features, x);
      const meanSquare = keptMean(mul(x, x), [x.shape.length - 1]);
      return mul(mul(x, rsqrt(add(meanSquare, constant(epsilon)))), scale);
    },
  };
}
