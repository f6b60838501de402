import { describe, expect, it } from "vitest";
import { type FitTarget, findMisfit } from "../../../client/core/checkFit.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import type { LossDocument } from "../../../shared/nn/losses/lossDocument.ts";
import { lossFromDocument } from "../../../shared/nn/losses/lossFromDocument.ts";

/** A model with inputs of [2, 2]. */
function judgedBy(loss: LossDocument, outputShape: readonly number[]): FitTarget {
  return { name: "m", inputShape: [2, 2], targets: lossFromDocument(loss).targets(1, outputShape) };
}

const MODEL = judgedBy("softmaxCrossEntropy", [3]);
const DATA: Dataset = {
  numExamples: 2,
  inputShape: [4],
  inputs: new Uint8Array(8),
  targets: Uint8Array.of(0, 2),
  targetSize: 1,
};

describe("findMisfit", () => {
  it("takes rows of as many numbers as the model's input has, whatever their shape", () => {
    expect(findMisfit(MODEL, DATA)).toBeUndefined();
  });

  it("takes labels below 0 where a model of sequences leaves them out, and any targets where none are looked at", () => {
    const sequences = judgedBy("softmaxCrossEntropy", [2, 3]);
    const data = { ...DATA, targets: Int32Array.of(0, -1, 2, -1), targetSize: 2 };
    expect(findMisfit(sequences, data)).toBeUndefined();
    expect(findMisfit(judgedBy({ kind: "reconstruction" }, [4]), DATA)).toBeUndefined();
  });

  it.each<[string, FitTarget, Partial<Dataset>, string]>([
    ["another input size", MODEL, { inputShape: [5] }, "expected examples of 4 numbers (2 x 2), got 5"],
    ["a class that the model has not", MODEL, { targets: Int32Array.of(0, 3) }, "labels 0 to 2, got 3 in row 2"],
    ["a negative class", MODEL, { targets: Int32Array.of(-1, 0) }, "labels 0 to 2, got -1 in row 1"],
    ["numbers where classes are wanted", MODEL, { targets: Float32Array.of(0, 1) }, "expected class labels"],
    ["too few targets", judgedBy("meanSquaredError", [3]), {}, "expected 3 target numbers a row, got 1"],
    ["too few labels", judgedBy("softmaxCrossEntropy", [5, 3]), {}, "expected 5 class labels a row, got 1"],
  ])("names %s and how to mend it", (_what, model, data, message) => {
    expect(findMisfit(model, { ...DATA, ...data })).toContain(message);
  });
});
