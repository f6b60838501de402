import { assertInteger, assertPositiveInteger } from "../../../base/assert.ts";
import { constant, equal, gather, mul, reshape, sub, toFloat, toInt } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import { type Initializer, normal } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";

export interface EmbeddingOptions {
  /** The id of padding: its vector is zero and learns nothing. */
  readonly paddingId?: number;
  /** Standard deviation of the vectors at the start; 1 when absent. */
  readonly stdDev?: number;
}

/**
 * A learned vector for each id: tokens of a text, users and items of a rating.
 * Shapes: x [batch, ...] of ids 0 .. vocabulary - 1 as f32 (or i32), w [vocabulary, features] -> [batch, ..., features].
 * An id outside gives NaN, which the loss reports. No gradient flows to x.
 * Init: normal with mean 0 and standard deviation 1, as PyTorch's nn.Embedding.
 * @throws RangeError if a count is not positive or the padding is no id.
 */
export function embedding(vocabulary: number, features: number, options: EmbeddingOptions = {}): Layer<"w"> {
  assertPositiveInteger("vocabulary", vocabulary);
  assertPositiveInteger("features", features);
  const { paddingId, stdDev = 1 } = options;
  if (paddingId !== undefined) assertInteger("paddingId", paddingId, 0, vocabulary - 1);
  const w = normal([vocabulary, features], stdDev);
  return {
    name: `embedding(${vocabulary}, ${features})`,
    document: { kind: "embedding", vocabulary, features, ...options },
    init: { w: paddingId === undefined ? w : withZeroRow(w, paddingId) },
    apply({ w }, x) {
      if (x.shape.length < 2) throw new RangeError(`embedding expected ids [batch, ...], got ${shapeText(x.shape)}`);
      const ids = x.dtype === "i32" ? x : toInt(x);
      const vectors = gather(w, ids);
      if (paddingId === undefined) return vectors;
      const isToken = sub(constant(1), equal(toFloat(ids), constant(paddingId)));
      return mul(vectors, reshape(isToken, [...x.shape, 1]));
    },
  };
}

/** The same start, but zero in one row. */
function withZeroRow(initializer: Initializer, row: number): Initializer {
  const features = initializer.shape[1]!;
  return {
    ...initializer,
    fill(values, rng) {
      initializer.fill(values, rng);
      values.fill(0, row * features, (row + 1) * features);
    },
  };
}
