import { assertInteger } from "../../base/assert.ts";
import { exp, log } from "../../base/math.ts";
import { defineMetric } from "./defineMetric.ts";
import { eachLabelledRow, type LabelOptions } from "./eachLabelledRow.ts";
import type { Metric } from "./metric.ts";
import { softmaxRow } from "./softmaxRow.ts";

export interface RocAucOptions extends LabelOptions {
  /** 2 (the default): the AUC of class 1. More: the mean over classes of each one's AUC against the rest. */
  readonly numClasses?: number;
  /** Resolution of the scores, 2 .. 65536. Default 1024. */
  readonly numBins?: number;
}

/** The AUC, and how far it is at most from the one that all pairs of rows would give. */
export type RocAuc = Readonly<Record<"auc" | "maxError", number>>;

/**
 * Area under the ROC curve: how often a positive scores above a negative, ties counting half.
 * Positives and negatives are counted in a fixed histogram of the log-odds of the class, so states have a fixed size and
 * merge exactly. Pairs of different bins are ranked exactly; those that share a bin count half. So the error is at most
 * `maxError` = Σ positives·negatives of a bin / (2·P·N): 0 if no bin holds both, below 1 / 2 always.
 * Bins are equal steps of s / (1 + |s|) of the log-odds s: about 2 / numBins wide in s near 0, (1 + |s|)² times that
 * further out (equal steps of probability would put all confident rows in one bin). A monotone map moves no AUC.
 * Source of the pair count: Hanley and McNeil 1982, Radiology 143, 29-36.
 * `finish` throws a RangeError if a class has no rows, or all of them.
 * @throws RangeError unless numClasses >= 2 and numBins is in [2, 65536].
 */
export function rocAuc(options: RocAucOptions = {}): Metric<RocAuc> {
  const name = "rocAuc";
  const { numClasses = 2, numBins = 1024 } = options;
  assertInteger("numClasses", numClasses, 2);
  assertInteger("numBins", numBins, 2, 65536);
  const classes = numClasses === 2 ? [1] : Array.from({ length: numClasses }, (_, i) => i);
  // Counts: for each class its negatives by bin, then its positives by bin.
  return defineMetric({
    name,
    numCounts: classes.length * 2 * numBins,
    numSums: 0,
    add: (batch, tally) =>
      eachLabelledRow(name, batch, { ...options, numClasses }, (logits, label) => {
        const scores = logOddsOf(logits);
        classes.forEach((label_, i) => {
          tally.count((2 * i + (label === label_ ? 1 : 0)) * numBins + binOf(scores[label_]!, numBins));
        });
      }),
    finish({ counts }) {
      const each = classes.map((label, i) => {
        const start = 2 * i * numBins;
        const negatives = counts.slice(start, start + numBins);
        return areaUnder(label, negatives, counts.slice(start + numBins, start + 2 * numBins));
      });
      const mean = (key: keyof RocAuc): number => each.reduce((sum, area) => sum + area[key], 0) / each.length;
      return { auc: mean("auc"), maxError: mean("maxError") };
    },
  });
}

/** log(p / (1 - p)) of each class: its logit less the log of the summed exponentials of the others. */
function logOddsOf(logits: Float32Array): Float64Array {
  if (logits.length === 2) return Float64Array.of(logits[0]! - logits[1]!, logits[1]! - logits[0]!);
  const { predicted, largest, total } = softmaxRow(logits);
  const scores = Float64Array.from(logits, (logit) => logit - largest - log(total - exp(logit - largest)));
  // For the largest that difference would cancel: its others are summed apart, from the largest of them.
  const others = logits.filter((_, i) => i !== predicted);
  const rest = softmaxRow(others);
  scores[predicted] = largest - rest.largest - log(rest.total);
  return scores;
}

/** Every step is monotone also when rounded, so that no two scores change places. */
function binOf(score: number, numBins: number): number {
  const half = 0.5 / (1 + Math.abs(score));
  const position = score < 0 ? half : 1 - half;
  return Math.min(Math.floor(position * numBins), numBins - 1);
}

function areaUnder(label: number, negatives: readonly number[], positives: readonly number[]): RocAuc {
  let ranked = 0; // pairs with the positive in a higher bin
  let shared = 0; // pairs within a bin
  let numBelow = 0; // negatives of the bins so far
  let numPositives = 0;
  for (const [bin, numHere] of positives.entries()) {
    ranked += numHere * numBelow;
    shared += numHere * negatives[bin]!;
    numBelow += negatives[bin]!;
    numPositives += numHere;
  }
  if (numPositives === 0 || numBelow === 0) {
    throw new RangeError(`"rocAuc" expected rows of class ${label} and of others, got ${numPositives} and ${numBelow}`);
  }
  const numPairs = numPositives * numBelow;
  return { auc: (ranked + shared / 2) / numPairs, maxError: shared / 2 / numPairs };
}
