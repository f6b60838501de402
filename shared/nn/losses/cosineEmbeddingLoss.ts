import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import { constant, greater, relu, reshape, sub, where } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { cosineSimilarity } from "./cosineSimilarity.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";
import { featuresOfViews, splitViews } from "./splitViews.ts";

export interface CosineEmbeddingOptions {
  /** Cosine above which a pair that does not belong together is pushed apart, [-1, 1]. Default 0. */
  readonly margin?: number;
}

/**
 * Two vectors an example that belong together or do not: 1 - cos where the target is above 0, else max(0, cos - margin).
 * Outputs [batch, 2, features] or [batch, 2 · features]; targets f32 [batch, 1], 1 or -1. As PyTorch's
 * CosineEmbeddingLoss.
 * @throws RangeError unless the margin is in [-1, 1].
 */
export function cosineEmbeddingLoss({ margin = 0 }: CosineEmbeddingOptions = {}): Loss {
  assertFinite("margin", margin, -1, 1);
  return {
    name: "cosineEmbedding",
    prediction: "values",
    targets(batchSize, outputShape) {
      featuresOfViews("cosineEmbedding", outputShape, 2);
      return { shape: [batchSize, 1], dtype: "f32" };
    },
    losses(outputs, targets: Tensor) {
      const [a, b] = splitViews("cosineEmbedding", outputs, 2) as [Tensor, Tensor];
      const cosine = cosineSimilarity(a, b);
      const together = greater(reshape(targets, [outputs.shape[0]!]), constant(0));
      return where(together, sub(constant(1), cosine), relu(sub(cosine, constant(margin))));
    },
  };
}

export const cosineEmbeddingKind = lossKind(
  "cosineEmbedding",
  { margin: v.exactOptional(v.pipe(v.number(), v.minValue(-1), v.maxValue(1))) },
  cosineEmbeddingLoss,
);
