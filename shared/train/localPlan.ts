import type { Penalties } from "../models/penalties.ts";
import type { OptimizationPlan } from "../optim/optimizeParams.ts";

/** What a client does with its copy of the model in one round. Part of the run's plan, so it is hashed and signed. */
export interface LocalPlan extends OptimizationPlan {
  /** Passes over the client's own data, >= 1. */
  readonly epochs: number;
  /** Examples per step, >= 1; the last batch of an epoch may be shorter. */
  readonly batchSize: number;
  /**
   * Examples that are in memory at a time: the gradient of a batch is summed over parts of this size (gradient accumulation).
   * The whole batch in one go when absent or not below `batchSize`.
   */
  readonly microBatchSize?: number;
  /** Terms that the local objective has beside the mean loss; none when absent. */
  readonly penalties?: Penalties;
  /**
   * Bound on the length of each example's gradient, above 0, before the mean over the batch; then come penalties, `clip` and the
   * optimizer. With noise of that scale it gives privacy to examples. No bound when absent.
   */
  readonly perExampleClipNorm?: number;
}
