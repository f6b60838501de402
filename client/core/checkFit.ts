import type { Dataset } from "../../shared/data/dataset.ts";
import { numElements } from "../../shared/graph/shape.ts";

/** What of a model decides whether data fits it. */
export interface FitTarget {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly outputSize: number;
  readonly loss: string;
}

/**
 * Why this data cannot train this model, in words that say how to mend it; undefined if it can.
 * Shapes fit if they have as many elements: a row of 784 numbers is a [28, 28] image.
 */
export function findMisfit(model: FitTarget, data: Dataset): string | undefined {
  const expected = numElements(model.inputShape);
  const got = numElements(data.inputShape);
  if (got !== expected) {
    return (
      `the model "${model.name}" expected examples of ${expected} numbers (${model.inputShape.join(" x ")}), ` +
      `got ${got}; give it data with ${expected} inputs a row, beside the label`
    );
  }
  if (model.loss === "meanSquaredError") {
    if (data.targetSize === model.outputSize) return undefined;
    return `the model "${model.name}" expected ${model.outputSize} target numbers a row, got ${data.targetSize}`;
  }
  if (data.targets instanceof Float32Array || data.targetSize !== 1) {
    return `the model "${model.name}" expected class labels (whole numbers), got numbers to predict`;
  }
  const { targets } = data;
  const row = targets.findIndex((label: number) => label < 0 || label >= model.outputSize);
  if (row < 0) return undefined;
  return (
    `the model "${model.name}" expected labels 0 to ${model.outputSize - 1}, got ${targets[row]} in row ${row + 1}; ` +
    "number the classes from 0, or join a run with that many classes"
  );
}
