import type { Dataset } from "../data/dataset.ts";
import { numElements } from "../graph/shape.ts";
import type { Model } from "../models/model.ts";

/**
 * The number of rows, after checking that the model can read them: what lies outside an array would be read from the
 * neighbour's memory.
 * @throws RangeError for no rows, a row outside the dataset or sizes that do not fit; TypeError for targets of the wrong type.
 */
export function checkRows(model: Model, data: Dataset, rows: Uint32Array | undefined): number {
  const { numExamples, inputs, targets, targetSize } = data;
  const numRows = rows?.length ?? numExamples;
  if (numRows === 0) throw new RangeError("training data expected at least one row, got none");
  const inputSize = numElements(model.document.input.shape);
  if (inputs.length !== numExamples * inputSize) {
    throw new RangeError(`data expected ${inputSize} input values a row, got ${inputs.length / numExamples}`);
  }
  const { shape, dtype } = model.loss.targets(1, model.outputSize);
  const expected = numElements(shape);
  if (targetSize !== expected || targets.length !== numExamples * expected) {
    throw new RangeError(`data expected ${expected} target values a row, got ${targets.length / numExamples}`);
  }
  const fits = dtype === "i32" ? !(targets instanceof Float32Array) : !(targets instanceof Int32Array);
  if (!fits) throw new TypeError(`data expected targets as ${dtype === "i32" ? "class labels" : "f32 values"}`);
  for (const row of rows ?? []) {
    if (row >= numExamples) throw new RangeError(`"rows" expected numbers below ${numExamples}, got ${row}`);
  }
  return numRows;
}
