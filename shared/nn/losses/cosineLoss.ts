import { constant, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { cosineSimilarity } from "./cosineSimilarity.ts";
import { exampleMean } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

/**
 * 1 - cosine of the angle between output and target along the last axis, meaned over positions: direction counts, length
 * does not. Targets: f32 [batch, ...outputShape].
 */
export function cosineLoss(): Loss {
  return {
    name: "cosine",
    prediction: "values",
    targets: (batchSize, outputShape) => ({ shape: [batchSize, ...outputShape], dtype: "f32" }),
    losses: (outputs, targets: Tensor) => exampleMean(sub(constant(1), cosineSimilarity(outputs, targets))),
  };
}

export const cosineKind = lossKind("cosine", {}, cosineLoss);
