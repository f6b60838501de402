import { assertPositiveInteger } from "../../base/assert.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachValuePair } from "./eachValuePair.ts";
import { roundedSum } from "./exactSum.ts";
import type { RegressionOptions } from "./meanSquaredError.ts";
import type { Metric } from "./metric.ts";

/**
 * Mean of |output - target| over rows and outputs.
 * @throws RangeError unless outputSize >= 1.
 */
export function meanAbsoluteError({ outputSize = 1 }: RegressionOptions = {}): Metric<number> {
  const name = "meanAbsoluteError";
  assertPositiveInteger("outputSize", outputSize);
  return defineMetric({
    name,
    numCounts: 0,
    numSums: 1,
    add: (batch, tally) =>
      eachValuePair(name, batch, outputSize, (output, target) => tally.sum(0, Math.abs(output - target))),
    finish: ({ numRows, sums }) => roundedSum(sums[0]!) / (numRows * outputSize),
  });
}
