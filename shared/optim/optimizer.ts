import type { Tensor } from "../graph/tensor.ts";

/** Named f32 [] values. */
export type Scalars = Readonly<Record<string, Tensor>>;

/** Tensors of one param at one step. */
export interface OptimizerStep {
  readonly param: Tensor;
  readonly grad: Tensor;
  /** State of this param in the order of `slots`, each of the param's shape. */
  readonly slots: readonly Tensor[];
  /** What `scalars` gives, or the values named by `hyper` where it is absent. */
  readonly hyper: Scalars;
}

/** An optimizer inside the training graph: the same step for every param. */
export interface Optimizer {
  /** Names of the arrays of state that each param has; all begin at zero. */
  readonly slots: readonly string[];
  /** Scalars that the step reads, with their values; they are inputs, so another value needs no new program. */
  readonly hyper: Readonly<Record<string, number>>;
  /**
   * What every param's step shares at this step: `hyper` with the learning rate as the schedule has it, and `step`, the f32 []
   * count of the steps done before this one.
   */
  readonly scalars?: (hyper: Scalars, step: Tensor) => Scalars;
  /** The new param and the new slots. */
  step(step: OptimizerStep): { readonly param: Tensor; readonly slots: readonly Tensor[] };
}
