import * as v from "valibot";
import { mul, reshape, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { binaryCrossEntropy } from "./binaryCrossEntropyWithLogitsLoss.ts";
import { exampleMean } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

/**
 * How a reconstruction is measured: "squaredError" against outputs that are values; "binaryCrossEntropy", in nats, against
 * outputs that are logits, for inputs within 0 .. 1.
 */
export type ReconstructionMeasure = "squaredError" | "binaryCrossEntropy";

export interface ReconstructionOptions {
  /** Default "squaredError". */
  readonly measure?: ReconstructionMeasure;
}

/**
 * How far the outputs are from the model's own preprocessed input, meaned over its elements: the loss of an autoencoder.
 * Outputs have as many elements an example as the input; takes no targets.
 */
export function reconstructionLoss({ measure = "squaredError" }: ReconstructionOptions = {}): Loss {
  return {
    name: "reconstruction",
    prediction: "values",
    targets: () => undefined,
    losses: (outputs, _, { x }) => exampleMean(reconstructionErrors(outputs, reshape(x, outputs.shape), measure)),
  };
}

/** The error of each element: (output - x)² or the binary cross-entropy. */
export function reconstructionErrors(outputs: Tensor, x: Tensor, measure: ReconstructionMeasure): Tensor {
  if (measure === "binaryCrossEntropy") return binaryCrossEntropy(outputs, x);
  const error = sub(outputs, x);
  return mul(error, error);
}

export const measureSchema = v.picklist(["squaredError", "binaryCrossEntropy"]);

export const reconstructionKind = lossKind(
  "reconstruction",
  { measure: v.exactOptional(measureSchema) },
  reconstructionLoss,
);
