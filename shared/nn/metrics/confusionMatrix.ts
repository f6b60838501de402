import { assertInteger } from "../../base/assert.ts";
import { defineMetric, type Tally } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import type { Metric, MetricBatch } from "./metric.ts";
import { predictedClass } from "./softmaxRow.ts";

/** Options of a metric that counts by class. */
export interface ClassOptions extends LabelOptions {
  /** Number of classes, at least 2. A model with one output has two. */
  readonly numClasses: number;
}

/**
 * [numClasses, numClasses]: rows of class i (down) that were taken for class j (across).
 * @throws RangeError unless numClasses >= 2.
 */
export function confusionMatrix(options: ClassOptions): Metric<readonly (readonly number[])[]> {
  const name = "confusionMatrix";
  assertInteger("numClasses", options.numClasses, 2);
  return defineMetric({
    name,
    numCounts: options.numClasses ** 2,
    numSums: 0,
    add: (batch, tally) => countPairs(name, batch, options, tally),
    finish: ({ counts }) => squareTable(counts, options.numClasses),
  });
}

/** Counts each row under label · numClasses + predicted class. Returns the rows counted. */
export function countPairs(metric: string, batch: MetricBatch, options: ClassOptions, tally: Tally): number {
  return eachLabelledRow(metric, batch, options, (logits, label) => {
    tally.count(label * options.numClasses + predictedClass(logits));
  });
}

/** The counts of `countPairs` as rows of a table. */
export function squareTable(counts: readonly number[], numClasses: number): readonly (readonly number[])[] {
  return Array.from({ length: numClasses }, (_, i) => counts.slice(i * numClasses, (i + 1) * numClasses));
}
