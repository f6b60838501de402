import type { Shape, Tensor } from "../graph/tensor.ts";

/** What a layer may need beside its params and its input. */
export interface ApplyContext {
  readonly mode: "train" | "evaluate";
  /**
   * Fresh uniform values over [0, 1) for dropout masks, drawn anew at each step.
   * @throws TypeError where the caller supplies no generator (evaluation).
   */
  random(shape: Shape): Tensor;
  /** State out: the value that a statistic (a running mean) takes after this step. Ignored when evaluating. */
  updateStatistic(statistic: Tensor, value: Tensor): void;
}

/** The context of evaluation and prediction: no randomness, no state out. */
export const evaluateContext: ApplyContext = {
  mode: "evaluate",
  random() {
    throw new TypeError("random values are drawn while training only; check ctx.mode first");
  },
  updateStatistic() {},
};
