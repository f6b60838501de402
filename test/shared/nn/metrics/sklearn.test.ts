import { describe, expect, it } from "vitest";
import { accuracy } from "../../../../shared/nn/metrics/accuracy.ts";
import { binaryPrecisionRecallF1 } from "../../../../shared/nn/metrics/binaryPrecisionRecallF1.ts";
import { confusionMatrix } from "../../../../shared/nn/metrics/confusionMatrix.ts";
import { expectedCalibrationError } from "../../../../shared/nn/metrics/expectedCalibrationError.ts";
import { labelEntropy } from "../../../../shared/nn/metrics/labelEntropy.ts";
import { meanAbsoluteError } from "../../../../shared/nn/metrics/meanAbsoluteError.ts";
import { meanSquaredError } from "../../../../shared/nn/metrics/meanSquaredError.ts";
import type { Metric, MetricValue } from "../../../../shared/nn/metrics/metric.ts";
import { mutualInformation } from "../../../../shared/nn/metrics/mutualInformation.ts";
import { perplexity } from "../../../../shared/nn/metrics/perplexity.ts";
import { precisionRecallF1 } from "../../../../shared/nn/metrics/precisionRecallF1.ts";
import { predictiveEntropy } from "../../../../shared/nn/metrics/predictiveEntropy.ts";
import { rocAuc } from "../../../../shared/nn/metrics/rocAuc.ts";
import { rSquared } from "../../../../shared/nn/metrics/rSquared.ts";
import { topKAccuracy } from "../../../../shared/nn/metrics/topKAccuracy.ts";
import fixture from "../../../fixtures/sklearn/metrics.json" with { type: "json" };

// Both sides are f64 on the same f32 inputs and differ in the order of sums of at most 120 terms: 120 · 2^-53 = 1.3e-14.
const TOLERANCE = 1e-13;

function expectClose(actual: number, expected: number, tolerance = TOLERANCE): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
}

describe.each(fixture.classifiers)(`scikit-learn ${fixture.sklearn}, $numClasses classes`, (expected) => {
  const { numRows, numClasses } = expected;
  const batch = {
    numRows,
    outputs: Float32Array.from(expected.logits),
    targets: Int32Array.from(expected.labels),
  };
  const measure = <V extends MetricValue>(metric: Metric<V>): V => metric.finish(metric.update(metric.init(), batch));

  it("agrees on counts", () => {
    expect(measure(confusionMatrix({ numClasses }))).toEqual(expected.confusionMatrix);
    expect(measure(accuracy())).toBe(expected.accuracy);
    expect(measure(topKAccuracy({ k: 2 }))).toBe(expected.top2Accuracy);
  });

  it("agrees on precision, recall and F1 of each class, macro and micro", () => {
    const scores = measure(precisionRecallF1({ numClasses }));
    expect(Object.keys(scores).sort()).toEqual(Object.keys(expected.precisionRecallF1).sort());
    for (const [key, score] of Object.entries(expected.precisionRecallF1)) expectClose(scores[key]!, score!);
  });

  it("agrees on probabilities and information", () => {
    expectClose(measure(expectedCalibrationError()), expected.expectedCalibrationError);
    expectClose(measure(perplexity()), expected.perplexity);
    expectClose(measure(predictiveEntropy()), expected.predictiveEntropy);
    expectClose(measure(labelEntropy({ numClasses })), expected.labelEntropy);
    expectClose(measure(mutualInformation({ numClasses })), expected.mutualInformation);
  });

  const { rocAuc: auc, "above0.75": aboveThreshold } = expected;
  if (auc !== undefined) {
    it("agrees on the AUC within its stated error", () => {
      const coarse = measure(rocAuc({ numClasses, numBins: 64 }));
      expect(coarse.maxError).toBeGreaterThan(0);
      expectClose(coarse.auc, auc, coarse.maxError + TOLERANCE);
      const fine = measure(rocAuc({ numClasses, numBins: 65536 }));
      expect(fine.maxError).toBeLessThan(1e-4); // a pair or two of some thousands shares a bin
      expectClose(fine.auc, auc, fine.maxError + TOLERANCE);
    });
  }

  if (aboveThreshold !== undefined) {
    it("agrees on a threshold", () => {
      expect(measure(binaryPrecisionRecallF1({ threshold: 0.75 }))).toEqual(aboveThreshold);
    });
  }
});

describe.each(fixture.regressions)(`scikit-learn ${fixture.sklearn}, $outputSize values`, (expected) => {
  it("agrees on errors and R²", () => {
    const { numRows, outputSize } = expected;
    const batch = {
      numRows,
      outputs: Float32Array.from(expected.outputs),
      targets: Float32Array.from(expected.targets),
    };
    const measure = (metric: Metric<number>): number => metric.finish(metric.update(metric.init(), batch));
    expectClose(measure(meanSquaredError({ outputSize })), expected.meanSquaredError);
    expectClose(measure(meanAbsoluteError({ outputSize })), expected.meanAbsoluteError);
    // scikit-learn subtracts the rounded mean: near 10,000 each difference of about 1 is off by 1e-12.
    expectClose(measure(rSquared({ outputSize })), expected.rSquared, 1e-11);
  });
});
