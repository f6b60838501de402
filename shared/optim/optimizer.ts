import type { Tensor } from "../graph/tensor.ts";

/** Tensors of one param at one step. */
interface OptimizerStep {
  readonly param: Tensor;
  readonly grad: Tensor;
  /** State of this param in the order of `slots`, each of the param's shape. */
  readonly slots: readonly Tensor[];
  /** The scalars named by `hyper`. */
  readonly hyper: Readonly<Record<string, Tensor>>;
}

/** An optimizer inside the training graph: the same step for every param. */
export interface Optimizer {
  /** Names of the arrays of state that each param has; all begin at zero. */
  readonly slots: readonly string[];
  /** Scalars that the step reads, with their values; they are inputs, so a schedule needs no new program. */
  readonly hyper: Readonly<Record<string, number>>;
  /** The new param and the new slots. */
  step(step: OptimizerStep): { readonly param: Tensor; readonly slots: readonly Tensor[] };
}
