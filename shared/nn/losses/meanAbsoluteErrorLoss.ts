import { abs, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { exampleMean } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

/** Mean over an example's outputs of |output - target|; its gradient at 0 is 0. Targets: f32 [batch, ...outputShape]. */
export function meanAbsoluteErrorLoss(): Loss {
  return {
    name: "meanAbsoluteError",
    prediction: "values",
    targets: (batchSize, outputShape) => ({ shape: [batchSize, ...outputShape], dtype: "f32" }),
    losses: (outputs, targets: Tensor) => exampleMean(abs(sub(outputs, targets))),
  };
}

export const meanAbsoluteErrorKind = lossKind("meanAbsoluteError", {}, meanAbsoluteErrorLoss);
