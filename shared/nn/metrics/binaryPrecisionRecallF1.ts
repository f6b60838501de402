import { log } from "../../base/math.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import type { Metric } from "./metric.ts";
import { type PrecisionRecallF1, precisionRecallF1Of } from "./precisionRecallF1Of.ts";

export interface BinaryPrecisionRecallF1Options extends LabelOptions {
  /** A row counts as class 1 if its probability of class 1 is larger than this, 0 < threshold < 1. Default 0.5. */
  readonly threshold?: number;
}

/**
 * Precision, recall and F1 of class 1 of two, for one logit or two a row. At threshold 0.5 the prediction is that of
 * `accuracy`, ties included: equal logits are class 0.
 * @throws RangeError unless 0 < threshold < 1.
 */
export function binaryPrecisionRecallF1(options: BinaryPrecisionRecallF1Options = {}): Metric<PrecisionRecallF1> {
  const name = "binaryPrecisionRecallF1";
  const { threshold = 0.5 } = options;
  if (!(threshold > 0 && threshold < 1)) {
    throw new RangeError(`"threshold" expected a number between 0 and 1, got ${threshold}`);
  }
  // Compared as log-odds: a logit of 1e-20 is above 0, but its probability rounds to 0.5.
  const logOdds = log(threshold) - log(1 - threshold);
  return defineMetric({
    name,
    numCounts: 3, // hits, predicted, actual
    numSums: 0,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, { ...options, numClasses: 2 }, (logits, label) => {
        const predicted = logits[1]! - logits[0]! > logOdds ? 1 : 0;
        tally.count(0, predicted * label);
        tally.count(1, predicted);
        tally.count(2, label);
      }),
    finish: ({ counts }) => precisionRecallF1Of(counts[0]!, counts[1]!, counts[2]!),
  });
}
