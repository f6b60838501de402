import { assertPositiveInteger } from "../../base/assert.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachValuePair } from "./eachValuePair.ts";
import { addExactly, type ExactSum, multiplyExactly, roundedSum } from "./exactSum.ts";
import type { RegressionOptions } from "./meanSquaredError.ts";
import type { Metric } from "./metric.ts";

/**
 * Coefficient of determination 1 - Σ (y - output)² / Σ (y - mean y)², the plain mean over the outputs of a row. 1 is
 * perfect, 0 is as good as the mean, and there is no lower bound.
 * A constant target, for which it is undefined, gives 1 if it was met exactly and 0 otherwise, as in scikit-learn.
 * @throws RangeError unless outputSize >= 1.
 */
export function rSquared({ outputSize = 1 }: RegressionOptions = {}): Metric<number> {
  const name = "rSquared";
  assertPositiveInteger("outputSize", outputSize);
  return defineMetric({
    name,
    numCounts: 0,
    numSums: 3 * outputSize, // Σ y, Σ y², Σ (y - output)² of each output
    add: (batch, tally) =>
      eachValuePair(name, batch, outputSize, (output, target, place) => {
        tally.sum(3 * place, target);
        tally.sum(3 * place + 1, target * target); // exact: twice 24 bits
        tally.sum(3 * place + 2, (target - output) * (target - output));
      }),
    finish({ numRows, sums }) {
      let total = 0;
      for (let place = 0; place < outputSize; place++) {
        const spread = spreadOf(numRows, sums[3 * place]!, sums[3 * place + 1]!);
        const missed = roundedSum(sums[3 * place + 2]!);
        if (spread > 0) total += 1 - missed / spread;
        else if (missed === 0) total += 1;
      }
      return total / outputSize;
    },
  });
}

/**
 * Σ (y - mean y)² = (n·Σ y² - (Σ y)²) / n. The difference is taken exactly: rounded sums would lose every digit of it for
 * values far from 0 that differ little.
 */
function spreadOf(numRows: number, sum: ExactSum, sumOfSquares: ExactSum): number {
  const square = multiplyExactly(sum, sum);
  const scaled = multiplyExactly([numRows], sumOfSquares);
  return (
    roundedSum(
      addExactly(
        scaled,
        square.map((part) => -part),
      ),
    ) / numRows
  );
}
