import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import { standardise } from "../../../graph/ops.ts";
import type { Layer } from "../../layer.ts";
import { affineInit, applyAffine, assertFeatures } from "./affine.ts";

export interface LayerNormOptions {
  /** Added to the variance; 1e-5 when absent. */
  readonly epsilon?: number;
  /** Whether scale and shift are learned; true when absent. */
  readonly affine?: boolean;
}

/**
 * Each position with mean 0 and variance 1 over its features, times scale plus shift.
 * Shapes: x [batch, ..., features], scale and shift [features] -> y as x. Init: scale one, shift zero.
 * Source: Ba et al. 2016, eq. 3, arXiv:1607.06450.
 * @throws RangeError if the count is not positive or epsilon below 0.
 */
export function layerNorm(features: number, options: LayerNormOptions = {}): Layer {
  assertPositiveInteger("features", features);
  const { epsilon = 1e-5, affine = true } = options;
  assertFinite("epsilon", epsilon, 0);
  return {
    name: `layerNorm(${features})`,
    document: { kind: "layerNorm", features, ...options },
    init: affine ? affineInit(features) : {},
    apply(params, x) {
      assertFeatures("layerNorm", features, x);
      return applyAffine(standardise(x, epsilon), params);
    },
  };
}
