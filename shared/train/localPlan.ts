import type { OptimizationPlan } from "../optim/optimizeParams.ts";

/** What a client does with its copy of the model in one round. Part of the run's plan, so it is hashed and signed. */
export interface LocalPlan extends OptimizationPlan {
  /** Passes over the client's own data, >= 1. */
  readonly epochs: number;
  /** Examples per step, >= 1; the last batch of an epoch may be shorter. */
  readonly batchSize: number;
  /** Terms that the local objective has beside the mean loss; none when absent. */
  readonly penalties?: Penalties;
}

/**
 * What is added to the local objective for the trainable params w. Each factor is >= 0, and 0 when absent. The losses that
 * are reported do not count them.
 */
export interface Penalties {
  /** l1 · Σ |w|, whose gradient at 0 is taken as 0. */
  readonly l1?: number;
  /** l2/2 · Σ w² */
  readonly l2?: number;
  /** proximal/2 · Σ (w - received w)², the term of FedProx. Source: Li et al. 2020, eq. 2, arXiv:1812.06127. */
  readonly proximal?: number;
}
