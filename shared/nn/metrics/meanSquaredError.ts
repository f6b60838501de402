import { assertPositiveInteger } from "../../base/assert.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachValuePair } from "./eachValuePair.ts";
import { roundedSum } from "./exactSum.ts";
import type { Metric } from "./metric.ts";

/** Options of every metric of a regression. */
export interface RegressionOptions {
  /** Values of a row. Default 1. */
  readonly outputSize?: number;
}

/**
 * Mean of (output - target)² over rows and outputs.
 * @throws RangeError unless outputSize >= 1.
 */
export function meanSquaredError({ outputSize = 1 }: RegressionOptions = {}): Metric<number> {
  const name = "meanSquaredError";
  assertPositiveInteger("outputSize", outputSize);
  return defineMetric({
    name,
    numCounts: 0,
    numSums: 1,
    add: (batch, tally) =>
      eachValuePair(name, batch, outputSize, (output, target) => tally.sum(0, (output - target) * (output - target))),
    finish: ({ numRows, sums }) => roundedSum(sums[0]!) / (numRows * outputSize),
  });
}
