import { assertInteger } from "../../base/assert.ts";
import type { ClassOptions } from "./confusionMatrix.ts";
import { countEntropy } from "./countEntropy.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow } from "./eachLabelledRow.ts";
import type { Metric } from "./metric.ts";
import { predictedClass } from "./softmaxRow.ts";

export interface LabelEntropyOptions extends ClassOptions {
  /** The labels of the rows (the default), or the classes that the model predicts. */
  readonly of?: "targets" | "predictions";
}

/**
 * Entropy of how the rows are spread over the classes, in nats: 0 if all are of one, log numClasses if all are equal.
 * @throws RangeError unless numClasses >= 2.
 */
export function labelEntropy(options: LabelEntropyOptions): Metric<number> {
  const { numClasses, of = "targets" } = options;
  assertInteger("numClasses", numClasses, 2);
  const name = of === "targets" ? "labelEntropy" : "predictedLabelEntropy";
  return defineMetric({
    name,
    numCounts: numClasses,
    numSums: 0,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, options, (logits, label) => {
        tally.count(of === "targets" ? label : predictedClass(logits));
      }),
    finish: ({ counts }) => countEntropy(counts),
  });
}
