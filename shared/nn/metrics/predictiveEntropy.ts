import { exp, log } from "../../base/math.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import { roundedSum } from "./exactSum.ts";
import type { Metric } from "./metric.ts";
import { softmaxRow } from "./softmaxRow.ts";

/** Mean over the rows of -Σ p·log p of the softmax, in nats: how unsure the model is. 0 .. log numClasses. */
export function predictiveEntropy(options: LabelOptions = {}): Metric<number> {
  const name = "predictiveEntropy";
  return defineMetric({
    name,
    numCounts: 0,
    numSums: 1,
    add: (batch, tally) => eachLabelledRow(name, batch, options, (logits) => tally.sum(0, softmaxEntropy(logits))),
    finish: ({ numRows, sums }) => roundedSum(sums[0]!) / numRows,
  });
}

/** With p = e^z / total and z = logit - largest: -Σ p·log p = log total - Σ p·z. */
function softmaxEntropy(logits: Float32Array): number {
  const { largest, total } = softmaxRow(logits);
  let weighted = 0;
  for (const logit of logits) weighted += exp(logit - largest) * (logit - largest);
  return log(total) - weighted / total;
}
