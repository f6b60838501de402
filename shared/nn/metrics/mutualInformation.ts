import { assertInteger } from "../../base/assert.ts";
import { type ClassOptions, countPairs, squareTable } from "./confusionMatrix.ts";
import { defineMetric } from "./defineMetric.ts";
import type { Metric } from "./metric.ts";
import { tableMutualInformation } from "./tableMutualInformation.ts";

/**
 * Mutual information between true and predicted class, in nats, from the confusion matrix. Unlike accuracy, it is 0 for a
 * model that always says the most frequent class, and blind to a renaming of the classes.
 * @throws RangeError unless numClasses >= 2.
 */
export function mutualInformation(options: ClassOptions): Metric<number> {
  const name = "mutualInformation";
  assertInteger("numClasses", options.numClasses, 2);
  return defineMetric({
    name,
    numCounts: options.numClasses ** 2,
    numSums: 0,
    add: (batch, tally) => countPairs(name, batch, options, tally),
    finish: ({ counts }) => tableMutualInformation(squareTable(counts, options.numClasses)),
  });
}
