import type { StrategyPlan } from "../protocol/strategyPlan.ts";

/**
 * What makes the outcome of a training what its client goes on with. The servers of SCAFFOLD and FedDyn keep the mean of
 * what their clients keep (c of the cᵢ, h of the gᵢ), and move it with a commit alone: their clients move with the commit that
 * holds their update, so that an aborted attempt moves neither. What others keep is their own affair: the receipt is enough.
 */
export function keptCountsWith({ kind }: StrategyPlan): "commit" | "receipt" {
  return kind === "scaffold" || kind === "feddyn" ? "commit" : "receipt";
}
