import { assertPositiveInteger } from "../../base/assert.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import { roundedSum } from "./exactSum.ts";
import type { Metric } from "./metric.ts";
import { softmaxRow } from "./softmaxRow.ts";

export interface ExpectedCalibrationErrorOptions extends LabelOptions {
  /** Bins of equal width over (0, 1]. Default 15. */
  readonly numBins?: number;
}

/**
 * Expected calibration error of the predicted class: Σ over bins m of |B_m| / n · |acc(B_m) - conf(B_m)|, where bin m of M
 * holds the rows whose confidence (largest softmax probability) lies in ((m - 1) / M, m / M]. In [0, 1].
 * Source: Guo et al. 2017, eq. 3, arXiv:1706.04599.
 * @throws RangeError unless numBins >= 1.
 */
export function expectedCalibrationError(options: ExpectedCalibrationErrorOptions = {}): Metric<number> {
  const name = "expectedCalibrationError";
  const { numBins = 15 } = options;
  assertPositiveInteger("numBins", numBins);
  return defineMetric({
    name,
    numCounts: numBins, // correct rows of each bin; |B_m| itself is not needed: it cancels
    numSums: numBins, // confidence
    add: (batch, tally) =>
      eachLabelledRow(name, batch, options, (logits, label) => {
        const { predicted, total } = softmaxRow(logits);
        const confidence = 1 / total; // exp(largest - largest) / total
        const bin = Math.ceil(confidence * numBins) - 1;
        if (predicted === label) tally.count(bin);
        tally.sum(bin, confidence);
      }),
    finish: ({ numRows, counts, sums }) =>
      counts.reduce((gap, numCorrect, bin) => gap + Math.abs(numCorrect - roundedSum(sums[bin]!)), 0) / numRows,
  });
}
