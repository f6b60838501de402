import { assertInteger } from "../../base/assert.ts";
import type { ClassOptions } from "./confusionMatrix.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow } from "./eachLabelledRow.ts";
import type { Metric } from "./metric.ts";
import { type PrecisionRecallF1, precisionRecallF1Of } from "./precisionRecallF1Of.ts";
import { predictedClass } from "./softmaxRow.ts";

/**
 * Precision, recall and F1 of each class against the rest, their plain means over all classes (macro), and those of the
 * summed counts (micro; with one label a row all three are the accuracy).
 * Keys: `precision.0`, `recall.0`, `f1.0` and so on for each class, `precision.macro`, `f1.micro`, ...
 * A class that is never predicted has precision 0, one that never occurs recall 0, as in scikit-learn; both stay in the
 * macro mean, for otherwise the mean would depend on which classes the rows happen to hold.
 * @throws RangeError unless numClasses >= 2.
 */
export function precisionRecallF1(options: ClassOptions): Metric<Readonly<Record<string, number>>> {
  const name = "precisionRecallF1";
  const { numClasses } = options;
  assertInteger("numClasses", numClasses, 2);
  return defineMetric({
    name,
    numCounts: 3 * numClasses, // hits, predicted, actual of each class
    numSums: 0,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, options, (logits, label) => {
        const predicted = predictedClass(logits);
        if (predicted === label) tally.count(3 * label);
        tally.count(3 * predicted + 1);
        tally.count(3 * label + 2);
      }),
    finish({ numRows, counts }) {
      const classes = Array.from({ length: numClasses }, (_, i) =>
        precisionRecallF1Of(counts[3 * i]!, counts[3 * i + 1]!, counts[3 * i + 2]!),
      );
      const hits = classes.reduce((sum, _, i) => sum + counts[3 * i]!, 0);
      const mean = (key: keyof PrecisionRecallF1): number =>
        classes.reduce((sum, scores) => sum + scores[key], 0) / numClasses;
      const named: [string, PrecisionRecallF1][] = [
        ["macro", { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") }],
        ["micro", precisionRecallF1Of(hits, numRows, numRows)],
        ...classes.map((scores, i): [string, PrecisionRecallF1] => [String(i), scores]),
      ];
      return Object.fromEntries(
        named.flatMap(([of, scores]) => Object.entries(scores).map(([key, score]) => [`${key}.${of}`, score])),
      );
    },
  });
}
