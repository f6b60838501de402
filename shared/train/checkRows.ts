import type { Dataset } from "../data/dataset.ts";
import { numElements } from "../graph/shape.ts";
import type { Model } from "../models/model.ts";
import type { TargetLayout } from "../nn/losses/loss.ts";

/**
 * The number of rows, after checking that the model can read their inputs: what lies outside an array would be read from
 * the neighbour's memory. Targets are not looked at.
 * @throws RangeError for no rows, a row outside the dataset or sizes that do not fit.
 */
export function checkRows(model: Model, data: Dataset, rows: Uint32Array | undefined): number {
  const { numExamples, inputs } = data;
  const numRows = rows?.length ?? numExamples;
  if (numRows === 0) throw new RangeError("training data expected at least one row, got none");
  const inputSize = numElements(model.document.input.shape);
  if (inputs.length !== numExamples * inputSize) {
    throw new RangeError(`data expected ${inputSize} input values a row, got ${inputs.length / numExamples}`);
  }
  for (const row of rows ?? []) {
    if (row >= numExamples) throw new RangeError(`"rows" expected numbers below ${numExamples}, got ${row}`);
  }
  return numRows;
}

/**
 * Checks that the model's loss can read the targets of rows that `checkRows` has seen; a loss that takes none reads none.
 * @throws RangeError for sizes that do not fit or a label that is no class; TypeError for targets of the wrong type.
 */
export function checkTargets(model: Model, data: Dataset, rows: Uint32Array | undefined): void {
  const layout = model.loss.targets(1, model.outputShape);
  if (!layout) return;
  const { numExamples, targets, targetSize } = data;
  const expected = numElements(layout.shape);
  if (targetSize !== expected || targets.length !== numExamples * expected) {
    throw new RangeError(`data expected ${expected} target values a row, got ${targets.length / numExamples}`);
  }
  const fits = layout.dtype === "i32" ? !(targets instanceof Float32Array) : !(targets instanceof Int32Array);
  if (!fits) throw new TypeError(`data expected targets as ${layout.dtype === "i32" ? "class labels" : "f32 values"}`);
  const check = (label: number): void => {
    if (!isLabel(layout, label)) {
      throw new RangeError(`data expected labels 0 to ${layout.numClasses! - 1}, got ${label}`);
    }
  };
  if (rows === undefined) targets.forEach(check);
  else for (const row of rows) targets.subarray(row * expected, (row + 1) * expected).forEach(check);
}

/** Whether a loss of this layout takes the label; targets that are values are none. */
export function isLabel({ numClasses, allowsNegative }: TargetLayout, label: number): boolean {
  return numClasses === undefined || (label < numClasses && (label >= 0 || allowsNegative === true));
}
