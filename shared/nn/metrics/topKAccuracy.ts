import { assertPositiveInteger } from "../../base/assert.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import type { Metric } from "./metric.ts";

export interface TopKAccuracyOptions extends LabelOptions {
  /** How many guesses a row has, 1 .. numClasses. */
  readonly k: number;
}

/**
 * Fraction of rows whose label is among the k largest logits; of equal logits the first ranks higher.
 * @throws RangeError unless k >= 1.
 */
export function topKAccuracy({ k, ...options }: TopKAccuracyOptions): Metric<number> {
  assertPositiveInteger("k", k);
  const name = `top${k}Accuracy`;
  return defineMetric({
    name,
    numCounts: 1,
    numSums: 0,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, options, (logits, label) => {
        if (k > logits.length) throw new RangeError(`"k" expected <= ${logits.length} classes, got ${k}`);
        if (rank(logits, label) < k) tally.count(0);
      }),
    finish: ({ numRows, counts }) => counts[0]! / numRows,
  });
}

/** Classes that come before one: those with a larger logit, or an equal one and a smaller number. */
function rank(logits: Float32Array, label: number): number {
  const own = logits[label]!;
  let before = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > own || (logits[i] === own && i < label)) before++;
  return before;
}
