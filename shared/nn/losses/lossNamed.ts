import type { Loss } from "./loss.ts";
import { meanSquaredErrorLoss } from "./meanSquaredErrorLoss.ts";
import { softmaxCrossEntropyLoss } from "./softmaxCrossEntropyLoss.ts";

/** Names of the losses that a model document may ask for. */
export const LOSS_NAMES = ["softmaxCrossEntropy", "meanSquaredError"] as const;

export type LossName = (typeof LOSS_NAMES)[number];

export function lossNamed(name: LossName): Loss {
  return name === "softmaxCrossEntropy" ? softmaxCrossEntropyLoss : meanSquaredErrorLoss;
}
