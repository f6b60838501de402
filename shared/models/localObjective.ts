/** What a strategy adds to the local objective beside the mean loss and the plan's penalties. Nothing where all is absent. */
export interface LocalObjective {
  /** A linear term: the gradient of the trainable params has a given vector added ("correction.<entry>"). */
  readonly isCorrected?: true;
  /** Which trainable params (and statistics) change; all when absent. */
  readonly moves?: "shared" | "private";
  /** The model-contrastive term of MOON. */
  readonly contrast?: Contrast;
}

export interface Contrast {
  /** Its factor, >= 0. */
  readonly mu: number;
  /** > 0. */
  readonly temperature: number;
}
