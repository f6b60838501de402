import { exp, log } from "../../base/math.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import { roundedSum } from "./exactSum.ts";
import type { Metric } from "./metric.ts";
import { softmaxRow } from "./softmaxRow.ts";

/**
 * exp of the mean cross-entropy of a token (one a row), in nats: how many equally likely tokens the model is as unsure
 * as. At least 1. Tokens with the label `ignoreIndex` do not count.
 * `finish` throws a RangeError if the mean is above 709 nats, where exp overflows.
 */
export function perplexity(options: LabelOptions = {}): Metric<number> {
  const name = "perplexity";
  return defineMetric({
    name,
    numCounts: 0,
    numSums: 1,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, options, (logits, label) => {
        const { largest, total } = softmaxRow(logits);
        tally.sum(0, log(total) + (largest - logits[label]!));
      }),
    finish({ numRows, sums }) {
      const meanNats = roundedSum(sums[0]!) / numRows;
      const value = exp(meanNats);
      if (!Number.isFinite(value)) throw new RangeError(`"${name}" expected a mean <= 709 nats, got ${meanNats}`);
      return value;
    },
  });
}
