import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import type { Metric } from "./metric.ts";
import { predictedClass } from "./softmaxRow.ts";

/** Fraction of rows whose largest logit, the first of equal ones, is that of their label. */
export function accuracy(options: LabelOptions = {}): Metric<number> {
  const name = "accuracy";
  return defineMetric({
    name,
    numCounts: 1,
    numSums: 0,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, options, (logits, label) => {
        if (predictedClass(logits) === label) tally.count(0);
      }),
    finish: ({ numRows, counts }) => counts[0]! / numRows,
  });
}
