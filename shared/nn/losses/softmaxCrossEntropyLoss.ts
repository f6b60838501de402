import { numCorrect, softmaxCrossEntropy } from "../../graph/ops.ts";
import type { Loss } from "./loss.ts";

/** Cross-entropy of softmax(outputs) with class labels 0 .. outputSize - 1, in nats. */
export const softmaxCrossEntropyLoss: Loss = {
  name: "softmaxCrossEntropy",
  targets: (batchSize) => ({ shape: [batchSize], dtype: "i32" }),
  losses: softmaxCrossEntropy,
  numCorrect,
};
