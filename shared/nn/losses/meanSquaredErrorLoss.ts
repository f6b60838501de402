import { mul, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { exampleMean } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

/** Mean over an example's outputs of (output - target)². Targets: f32 [batch, ...outputShape]. */
export function meanSquaredErrorLoss(): Loss {
  return {
    name: "meanSquaredError",
    prediction: "values",
    targets: (batchSize, outputShape) => ({ shape: [batchSize, ...outputShape], dtype: "f32" }),
    losses(outputs, targets: Tensor) {
      const error = sub(outputs, targets);
      return exampleMean(mul(error, error));
    },
  };
}

export const meanSquaredErrorKind = lossKind("meanSquaredError", {}, meanSquaredErrorLoss);
