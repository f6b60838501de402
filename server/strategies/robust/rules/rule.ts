import type { Program, RowsView } from "../program.ts";

/** Vectors that a rule and its pre-steps carry from one round to the next, by name. */
export type Kept = ReadonlyMap<string, Float64Array>;

/** What a rule may need beside the rows. */
export interface RuleContext {
  /** What was kept in the last round; empty before the first. */
  readonly kept: Kept;
  /** Keeps a vector for the next round. */
  readonly keep: (name: string, values: Float64Array) => void;
  /** Delta that the coordinator's own root data makes of the round's params, [numParams]. */
  readonly rootDelta?: Float32Array;
  /** Decides the noise: one seed an attempt. */
  readonly seed: string;
}

/** Turns rows into one delta, [numParams]. */
export type Rule = (view: RowsView, context: RuleContext) => Program<Float64Array>;
