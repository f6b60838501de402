/** What a client does with its copy of the model in one round. Part of the run's plan, so it is hashed and signed. */
export interface LocalPlan {
  /** Passes over the client's own data, >= 1. */
  readonly epochs: number;
  /** Examples per step, >= 1; the last batch of an epoch may be shorter. */
  readonly batchSize: number;
  readonly optimizer: SgdPlan;
}

/** Stochastic gradient descent, heavy-ball momentum, L2 weight decay added to the gradient (as PyTorch's SGD). */
export interface SgdPlan {
  readonly kind: "sgd";
  readonly learningRate: number;
  /** In [0, 1); 0 when absent. */
  readonly momentum?: number;
  /** >= 0; 0 when absent. */
  readonly weightDecay?: number;
}
