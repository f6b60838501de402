import { mul, reduceMean, sub } from "../../graph/ops.ts";
import type { Loss } from "./loss.ts";

/** Mean over an example's outputs of (output - target)². */
export const meanSquaredErrorLoss: Loss = {
  name: "meanSquaredError",
  targets: (batchSize, outputSize) => ({ shape: [batchSize, outputSize], dtype: "f32" }),
  losses(outputs, targets) {
    const error = sub(outputs, targets);
    return reduceMean(mul(error, error), [1]);
  },
};
