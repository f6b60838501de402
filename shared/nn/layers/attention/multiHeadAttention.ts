import { assertPositiveInteger } from "../../../base/assert.ts";
import { reshape, slice, transpose } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { applyNested, nestInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";
import { linear } from "../linear.ts";
import { assertRate, dropValues } from "../normalisation/dropout.ts";
import { assertSequence } from "../sequence/assertSequence.ts";
import { scaledDotProductAttention } from "./scaledDotProductAttention.ts";

export interface MultiHeadAttentionOptions {
  /** Whether a step sees only itself and earlier ones; false when absent. */
  readonly causal?: boolean;
  /** Share of the attention probabilities that are dropped while training; 0 when absent. */
  readonly dropout?: number;
}

/**
 * Self-attention with several heads: softmax(q·kᵀ / √(features / heads))·v for each, side by side, then a projection.
 * Shapes: x [batch, time, features] -> the same. Arrays: "qkv.w" [features, 3·features], "qkv.b", whose columns are the
 * queries of all heads, then keys, then values; "projection.w" [features, features], "projection.b".
 *
 * Steps where `ctx.mask` is 0 are not seen; a step that sees none gets the projection's bias alone.
 * Init: Glorot uniform, biases zero. Source: Vaswani et al. 2017, section 3.2.2, arXiv:1706.03762.
 * @throws RangeError if a count is not positive, the heads do not divide the features, or x or the mask do not fit.
 */
export function multiHeadAttention(features: number, heads: number, options: MultiHeadAttentionOptions = {}): Layer {
  assertPositiveInteger("features", features);
  assertPositiveInteger("heads", heads);
  if (features % heads !== 0) {
    throw new RangeError(`"heads" expected a divisor of the ${features} features, got ${heads}`);
  }
  const { causal = false, dropout: rate = 0 } = options;
  assertRate(rate);
  const width = features / heads;
  const qkv = linear(features, 3 * features, { init: "glorotUniform" });
  const projection = linear(features, features, { init: "glorotUniform" });
  return {
    name: `multiHeadAttention(${features}, ${heads}${causal ? ", causal" : ""})`,
    document: { kind: "multiHeadAttention", features, heads, ...options },
    init: { ...nestInit(qkv, "qkv"), ...nestInit(projection, "projection") },
    apply(params, x, ctx) {
      const { batch, time } = assertSequence("multiHeadAttention", x, ctx.mask, features);
      // One transpose for queries, keys and values: [3, batch, heads, time, width].
      const projected = reshape(applyNested(qkv, "qkv", params, x, ctx), [batch, time, 3, heads, width]);
      const parts = transpose(projected, [2, 0, 3, 1, 4]);
      const [q, k, v] = [0, 1, 2].map((part) => {
        return reshape(slice(parts, 0, part, 1), [batch, heads, time, width]);
      }) as [Tensor, Tensor, Tensor];
      const attended = scaledDotProductAttention(q, k, v, {
        causal,
        mask: ctx.mask,
        dropout: (probabilities) => dropValues(probabilities, rate, ctx),
      });
      const joined = reshape(transpose(attended, [0, 2, 1, 3]), [batch, time, features]);
      return applyNested(projection, "projection", params, joined, ctx);
    },
  };
}
