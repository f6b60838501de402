import { assertPositiveInteger } from "../../../base/assert.ts";
import { add } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { applyNested, nestInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";
import { gelu } from "../gelu.ts";
import { linear } from "../linear.ts";
import { dropValues } from "../normalisation/dropout.ts";
import { layerNorm } from "../normalisation/layerNorm.ts";
import { relu } from "../relu.ts";
import { multiHeadAttention } from "./multiHeadAttention.ts";

export interface TransformerBlockOptions {
  /** Whether a step sees only itself and earlier ones; false when absent. */
  readonly causal?: boolean;
  /** What the hidden features go through; "gelu" (exact) when absent. */
  readonly activation?: "gelu" | "relu";
  /** Before each part (default), which trains without warm-up, or after each sum, as first published. */
  readonly norm?: "pre" | "post";
  /** Share that is dropped while training, of attention probabilities, hidden features and both parts' results; 0 when absent. */
  readonly dropout?: number;
}

/**
 * A transformer's block: x + attention(norm(x)), then x + mlp(norm(x)); for `norm: "post"` norm(x + attention(x)), then
 * norm(x + mlp(x)). The mlp is features -> mlpFeatures -> features.
 * Shapes: x [batch, time, features] -> the same. `ctx.mask` as in `multiHeadAttention`.
 * Arrays: "norm1.*", "attention.*" (`multiHeadAttention`), "norm2.*", "mlp.up.w", "mlp.up.b", "mlp.down.w", "mlp.down.b".
 * Source: Vaswani et al. 2017, section 3.1, arXiv:1706.03762; norm before: Xiong et al. 2020, arXiv:2002.04745.
 * @throws RangeError if a count is not positive, the heads do not divide the features, or x or the mask do not fit.
 */
export function transformerBlock(
  features: number,
  heads: number,
  mlpFeatures: number,
  options: TransformerBlockOptions = {},
): Layer {
  assertPositiveInteger("mlpFeatures", mlpFeatures);
  const { causal = false, activation = "gelu", norm = "pre", dropout: rate = 0 } = options;
  const parts = {
    norm1: layerNorm(features),
    attention: multiHeadAttention(features, heads, { causal, dropout: rate }),
    norm2: layerNorm(features),
    "mlp.up": linear(features, mlpFeatures, { init: "glorotUniform" }),
    "mlp.down": linear(mlpFeatures, features, { init: "glorotUniform" }),
  };
  const activate = activation === "gelu" ? gelu() : relu();
  return {
    name: `transformerBlock(${features}, ${heads}, ${mlpFeatures}${causal ? ", causal" : ""})`,
    document: { kind: "transformerBlock", features, heads, mlpFeatures, ...options },
    init: Object.assign({}, ...Object.entries(parts).map(([path, layer]) => nestInit(layer, path))),
    apply(params, x, ctx) {
      const run = (path: keyof typeof parts, value: Tensor): Tensor =>
        applyNested(parts[path], path, params, value, ctx);
      const drop = (value: Tensor): Tensor => dropValues(value, rate, ctx);
      const attention = (value: Tensor): Tensor => drop(run("attention", value));
      const mlp = (value: Tensor): Tensor => {
        return drop(run("mlp.down", drop(activate.apply({}, run("mlp.up", value), ctx))));
      };
      if (norm === "post") {
        const attended = run("norm1", add(x, attention(x)));
        return run("norm2", add(attended, mlp(attended)));
      }
      const attended = add(x, attention(run("norm1", x)));
      return add(attended, mlp(run("norm2", attended)));
    },
  };
}
