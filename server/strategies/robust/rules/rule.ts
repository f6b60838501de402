import type { Program, RowsView } from "../program.ts";

/** What a rule may need beside the rows. */
export interface RuleContext {
  /** The previous aggregate of the run, [numParams]; undefined before the first. */
  readonly previous: Float64Array | undefined;
  /** Delta that the coordinator's own root data makes of the round's params, [numParams]. */
  readonly rootDelta?: Float32Array;
  /** Decides the noise: one seed an attempt. */
  readonly seed: string;
}

/** Turns rows into one delta, [numParams]. */
export type Rule = (view: RowsView, context: RuleContext) => Program<Float64Array>;
