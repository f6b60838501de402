import { numElements } from "../graph/shape.ts";
import { DataFormatError } from "./dataFormatError.ts";
import type { Dataset } from "./dataset.ts";
import type { IdxArray } from "./parseIdx.ts";

/**
 * Labelled examples from a pair of IDX arrays: inputs [numExamples, ...] and class labels [numExamples].
 * Inputs are flattened to one axis ([28, 28] becomes [784]); no element is copied.
 * @throws DataFormatError if the two do not belong together, or a label is not a class number >= 0.
 */
export function idxDataset(inputs: IdxArray, labels: IdxArray): Dataset {
  const [numExamples = 0, ...exampleShape] = inputs.shape;
  const inputSize = numElements(exampleShape);
  if (labels.shape.length !== 1) {
    throw new DataFormatError(`IDX labels expected 1 dimension, got ${labels.shape.length}: is this the images file?`);
  }
  if (numExamples === 0 || inputSize === 0) {
    throw new DataFormatError(`IDX images expected at least one example, got ${inputs.shape.join(" x ")}`);
  }
  if (labels.shape[0] !== numExamples) {
    throw new DataFormatError(`IDX labels expected ${numExamples} entries (one an image), got ${labels.shape[0]}`);
  }
  if (inputs.values instanceof Int32Array) {
    throw new DataFormatError("IDX images expected u8 or f32 elements, got i32");
  }
  if (labels.values instanceof Float32Array) throw new DataFormatError("IDX labels expected whole numbers, got f32");
  if (labels.values instanceof Int32Array) {
    const wrong = labels.values.findIndex((label) => label < 0);
    if (wrong >= 0) throw new DataFormatError(`IDX label ${wrong} expected >= 0, got ${labels.values[wrong]}`);
  }
  if (inputs.values instanceof Float32Array) {
    const wrong = inputs.values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new DataFormatError(`IDX image ${Math.floor(wrong / inputSize)} holds ${inputs.values[wrong]}`);
  }
  return { numExamples, inputShape: [inputSize], inputs: inputs.values, targets: labels.values, targetSize: 1 };
}
