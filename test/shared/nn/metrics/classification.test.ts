import { describe, expect, it } from "vitest";
import { accuracy } from "../../../../shared/nn/metrics/accuracy.ts";
import { binaryPrecisionRecallF1 } from "../../../../shared/nn/metrics/binaryPrecisionRecallF1.ts";
import { confusionMatrix } from "../../../../shared/nn/metrics/confusionMatrix.ts";
import { expectedCalibrationError } from "../../../../shared/nn/metrics/expectedCalibrationError.ts";
import type { Metric, MetricBatch, MetricValue } from "../../../../shared/nn/metrics/metric.ts";
import { perplexity } from "../../../../shared/nn/metrics/perplexity.ts";
import { precisionRecallF1 } from "../../../../shared/nn/metrics/precisionRecallF1.ts";
import { topKAccuracy } from "../../../../shared/nn/metrics/topKAccuracy.ts";

/** Logits by row, and labels. */
function batch(logits: readonly (readonly number[])[], labels: readonly number[]): MetricBatch {
  return { numRows: logits.length, outputs: Float32Array.from(logits.flat()), targets: Int32Array.from(labels) };
}

function measure<V extends MetricValue>(metric: Metric<V>, rows: MetricBatch): V {
  return metric.finish(metric.update(metric.init(), rows));
}

// Predicted 0, 1, 1, 2, 0 (a tie of 0 and 2: the first); true 0, 1, 2, 2, 2.
const rows = batch(
  [
    [3, 1, 2],
    [0, 5, 1],
    [0, 2, 1],
    [1, 2, 3],
    [4, 1, 4],
  ],
  [0, 1, 2, 2, 2],
);

describe("accuracy", () => {
  it("takes the first of equal logits as the prediction", () => {
    expect(measure(accuracy(), rows)).toBe(3 / 5);
  });

  it("reads one output as the logit of class 1, and a logit of 0 as class 0", () => {
    expect(measure(accuracy(), batch([[2], [-1], [0], [0]], [1, 0, 0, 1]))).toBe(3 / 4);
  });

  it("passes over rows with the ignored label, wherever they are, but not over what is wrong in them", () => {
    const ignoring = accuracy({ ignoreIndex: -100 });
    expect(
      measure(
        ignoring,
        batch(
          [
            [1, 0],
            [0, 1],
            [1, 0],
          ],
          [0, -100, 1],
        ),
      ),
    ).toBe(1 / 2);
    expect(() => measure(ignoring, batch([[1, 0]], [-100]))).toThrow("expected at least one row, got none");
    expect(() => measure(ignoring, batch([[1, Number.NaN]], [-100]))).toThrow(
      "expected finite logits, got NaN in row 0",
    );
  });

  it("takes labels of any element type, but only whole numbers", () => {
    const outputs = Float32Array.of(0, 1);
    expect(measure(accuracy(), { numRows: 1, outputs, targets: Uint8Array.of(1) })).toBe(1);
    expect(measure(accuracy(), { numRows: 1, outputs, targets: Float32Array.of(1) })).toBe(1);
    expect(() => measure(accuracy(), { numRows: 1, outputs, targets: Float32Array.of(0.5) })).toThrow(
      '"accuracy" expected labels 0 .. 1, got 0.5 in row 0',
    );
  });
});

describe("topKAccuracy", () => {
  it("finds the label among the k largest, of equal logits the first", () => {
    // Ranks of the labels from 0: 0, 0, 1, 0, 1 (the tie).
    expect(measure(topKAccuracy({ k: 1 }), rows)).toBe(3 / 5);
    expect(measure(topKAccuracy({ k: 2 }), rows)).toBe(1);
    // All equal: class c has rank c.
    const equal = batch(
      [
        [7, 7, 7],
        [7, 7, 7],
        [7, 7, 7],
      ],
      [0, 1, 2],
    );
    expect([1, 2, 3].map((k) => measure(topKAccuracy({ k }), equal))).toEqual([1 / 3, 2 / 3, 1]);
  });

  it("refuses a k that is no count of guesses", () => {
    expect(() => topKAccuracy({ k: 0 })).toThrow('"k" expected >= 1, got 0');
    expect(() => measure(topKAccuracy({ k: 4 }), rows)).toThrow('"k" expected <= 3 classes, got 4');
  });
});

describe("confusionMatrix", () => {
  it("counts the true class down and the predicted one across", () => {
    expect(measure(confusionMatrix({ numClasses: 3 }), rows)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 1],
    ]);
  });

  it("refuses outputs of another number of classes", () => {
    expect(() => measure(confusionMatrix({ numClasses: 4 }), rows)).toThrow(
      '"confusionMatrix" expected outputs [5, 4], got [5, 3]',
    );
    expect(() => confusionMatrix({ numClasses: 1 })).toThrow(RangeError);
  });
});

describe("precisionRecallF1", () => {
  it("scores each class, their mean and their sum", () => {
    const scores = measure(precisionRecallF1({ numClasses: 3 }), rows);
    // Class 0: 1 hit of 2 predicted, 1 actual. Class 1 the same. Class 2: 1 hit of 1 predicted, 3 actual.
    expect(scores).toEqual({
      "precision.0": 1 / 2,
      "recall.0": 1,
      "f1.0": 2 / 3, // 2·1 / (2 + 1)
      "precision.1": 1 / 2,
      "recall.1": 1,
      "f1.1": 2 / 3,
      "precision.2": 1,
      "recall.2": 1 / 3,
      "f1.2": 1 / 2, // 2·1 / (1 + 3)
      "precision.macro": 2 / 3, // (1/2 + 1/2 + 1) / 3
      "recall.macro": (1 + 1 + 1 / 3) / 3,
      "f1.macro": (2 / 3 + 2 / 3 + 1 / 2) / 3,
      "precision.micro": 3 / 5,
      "recall.micro": 3 / 5,
      "f1.micro": 3 / 5,
    });
  });

  it("gives 0 to a class that is neither predicted nor there, and keeps it in the mean", () => {
    const scores = measure(
      precisionRecallF1({ numClasses: 3 }),
      batch(
        [
          [1, 0, 0],
          [0, 1, 0],
        ],
        [0, 1],
      ),
    );
    expect([scores["precision.2"], scores["recall.2"], scores["f1.2"]]).toEqual([0, 0, 0]);
    expect(scores["f1.macro"]).toBe(2 / 3);
  });
});

describe("binaryPrecisionRecallF1", () => {
  // Probabilities of class 1: 0.88, 0.73, 0.5, 0.27.
  const binary = batch([[2], [1], [0], [-1]], [1, 0, 1, 1]);

  it("predicts class 1 above the threshold, not at it", () => {
    // Predicted 1, 1, 0, 0: 1 hit of 2 predicted, 3 actual; F1 = 2 / 5.
    expect(measure(binaryPrecisionRecallF1(), binary)).toEqual({ precision: 1 / 2, recall: 1 / 3, f1: 2 / 5 });
    // Above 0.8 only the first: 1 of 1, of 3; F1 = 2 / 4.
    expect(measure(binaryPrecisionRecallF1({ threshold: 0.8 }), binary)).toEqual({
      precision: 1,
      recall: 1 / 3,
      f1: 1 / 2,
    });
  });

  it("reads two logits as their difference, and agrees with accuracy on the smallest one", () => {
    const two = batch(
      [
        [1, 3],
        [-1, 0],
        [5, 5],
        [1, 0],
      ],
      [1, 0, 1, 1],
    );
    expect(measure(binaryPrecisionRecallF1(), two)).toEqual(measure(binaryPrecisionRecallF1(), binary));
    const tiny = batch([[1e-30]], [1]); // its probability is 0.5 in f64
    expect(measure(binaryPrecisionRecallF1(), tiny).recall).toBe(1);
    expect(measure(accuracy(), tiny)).toBe(1);
  });

  it.each([0, 1, Number.NaN])("refuses threshold %s", (threshold) => {
    expect(() => binaryPrecisionRecallF1({ threshold })).toThrow(`"threshold" expected a number between 0 and 1`);
  });
});

describe("expectedCalibrationError", () => {
  it("weighs the gap of each bin by its rows", () => {
    // Two bins, (0, 1/2] and (1/2, 1]. Confidence 1/2 for equal logits (first bin), 3/4 for a gap of ln 3 (second).
    const third = Math.log(3);
    const mixed = batch(
      [
        [0, 0],
        [third, 0],
        [third, 0],
        [0, third],
      ],
      [1, 0, 0, 0],
    );
    // First bin: 1 row, accuracy 0, gap 1/2. Second: 3 rows, accuracy 2/3, gap 3/4 - 2/3 = 1/12.
    // 1/4 · 1/2 + 3/4 · 1/12 = 3/16. ln 3 as f32 moves a confidence by less than 1e-7.
    expect(measure(expectedCalibrationError({ numBins: 2 }), mixed)).toBeCloseTo(3 / 16, 7);
    // One bin: accuracy 1/2, mean confidence (1/2 + 9/4) / 4 = 11/16.
    expect(measure(expectedCalibrationError({ numBins: 1 }), mixed)).toBeCloseTo(3 / 16, 7);
    // Of 3 bins the second holds 1/2 and the third 3/4: as with 2.
    expect(measure(expectedCalibrationError({ numBins: 3 }), mixed)).toBeCloseTo(3 / 16, 7);
  });

  it("lets gaps of one sign in different bins add up, where one bin would cancel them", () => {
    // Confidence 1/2 and right, confidence 1 and wrong: gaps 1/2 and 1, each of half the rows; pooled |1/2 - 3/4|.
    const opposed = batch(
      [
        [0, 0],
        [0, 800],
      ],
      [0, 0],
    );
    expect(measure(expectedCalibrationError({ numBins: 2 }), opposed)).toBe(3 / 4);
    expect(measure(expectedCalibrationError({ numBins: 1 }), opposed)).toBe(1 / 4);
  });

  it("refuses no bins", () => {
    expect(() => expectedCalibrationError({ numBins: 0 })).toThrow(RangeError);
  });
});

describe("perplexity", () => {
  it("is the number of classes for a model that knows nothing", () => {
    expect(
      measure(
        perplexity(),
        batch(
          [
            [0, 0, 0, 0, 0],
            [9, 9, 9, 9, 9],
          ],
          [3, 0],
        ),
      ),
    ).toBeCloseTo(5, 14);
  });

  it("is the inverse of the geometric mean of the probabilities, without the ignored tokens", () => {
    // Probabilities 3/4 and 1/4: (3/16)^(-1/2) = 4 / sqrt 3. ln 3 as f32 is off by less than 1e-7.
    const tokens = batch(
      [
        [Math.log(3), 0],
        [Math.log(3), 0],
        [50, 0],
      ],
      [0, 1, -1],
    );
    expect(measure(perplexity({ ignoreIndex: -1 }), tokens)).toBeCloseTo(4 / Math.sqrt(3), 6);
  });

  it("neither overflows for large logits nor hides a hopeless model", () => {
    expect(measure(perplexity(), batch([[3e38, -3e38]], [0]))).toBe(1);
    expect(measure(perplexity(), batch([[1000, 300]], [1]))).toBeCloseTo(Math.exp(700), -295); // 1e304, 1e-9 relative
    expect(() => measure(perplexity(), batch([[1000, 0]], [1]))).toThrow('"perplexity" expected a mean <= 709 nats');
  });
});
