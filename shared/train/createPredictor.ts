import { exp, sigmoid } from "../base/math.ts";
import { numElements } from "../graph/shape.ts";
import type { Model } from "../models/model.ts";
import { createLocalTrainer } from "./createLocalTrainer.ts";

/** What a model says of one input. */
export interface Prediction {
  /** Raw outputs, [...model.outputShape] row-major: logits for a classifier, the values themselves for regression. */
  readonly outputs: Float32Array;
  /**
   * As many as the outputs: what a classifier gives to each class, with a sum of 1 along the last axis, or how likely a yes is
   * at each place. Empty where the outputs are values.
   */
  readonly probabilities: Float32Array;
  /**
   * The predicted class of each position, or 1 for a yes and 0 for a no at each place; one element where an example has one
   * label. Empty where the outputs are values.
   */
  readonly labels: Int32Array;
  /** The first of `labels`: the predicted class. -1 where the outputs are values. */
  readonly label: number;
}

export interface PredictorOptions {
  readonly model: Model;
  /** [model.spec.length]; copied at each prediction, so it may be updated in place. */
  readonly params: Float32Array;
}

/** Predicts with a trained model in one's own code. It owns one engine instance, freed with the predictor. */
export interface Predictor {
  /**
   * One prediction for each row of raw inputs [rows, ...inputShape], as in the data the model was trained on (pixels
   * 0..255 for MNIST): the model's own preprocessing is applied.
   * @throws RangeError unless the inputs are a whole number of rows, at least one.
   */
  predict(inputs: Uint8Array | Float32Array): Prediction[];
}

/** A predictor over a model and its params, which stay the caller's. */
export function createPredictor({ model, params }: PredictorOptions): Predictor {
  const inputShape = model.document.input.shape;
  const inputSize = numElements(inputShape);
  // The local plan matters to training only.
  const plan = { epochs: 1, batchSize: 1, optimizer: { kind: "sgd", learningRate: 1 } } as const;
  const trainer = createLocalTrainer({ model, plan });
  return {
    predict(inputs) {
      const numExamples = inputs.length / inputSize;
      if (numExamples < 1 || !Number.isInteger(numExamples)) {
        throw new RangeError(`"inputs" expected rows of ${inputSize} numbers, got ${inputs.length} numbers`);
      }
      const targets = new Uint8Array(0);
      const outputs = trainer.predict(params, { numExamples, inputShape, inputs, targets, targetSize: 0 });
      return Array.from({ length: numExamples }, (_, row) =>
        read(model, outputs.slice(row * model.outputSize, (row + 1) * model.outputSize)),
      );
    },
  };
}

function read({ loss, numClasses }: Model, outputs: Float32Array): Prediction {
  if (loss.prediction === "values") {
    return { outputs, probabilities: new Float32Array(0), labels: new Int32Array(0), label: -1 };
  }
  const { probabilities, labels } = numClasses === undefined ? readAnswers(outputs) : readClasses(outputs, numClasses);
  return { outputs, probabilities, labels, label: labels[0]! };
}

function readAnswers(outputs: Float32Array): Pick<Prediction, "probabilities" | "labels"> {
  return { probabilities: outputs.map(sigmoid), labels: Int32Array.from(outputs, (output) => (output > 0 ? 1 : 0)) };
}

/** Softmax and the first largest output of each position. */
function readClasses(outputs: Float32Array, numClasses: number): Pick<Prediction, "probabilities" | "labels"> {
  const probabilities = new Float32Array(outputs.length);
  const labels = new Int32Array(outputs.length / numClasses);
  labels.forEach((_, position) => {
    const first = position * numClasses;
    const logits = outputs.subarray(first, first + numClasses);
    const label = logits.indexOf(logits.reduce((largest, logit) => Math.max(largest, logit)));
    const powers = logits.map((logit) => exp(logit - logits[label]!));
    const sum = powers.reduce((total, power) => total + power, 0);
    labels[position] = label;
    probabilities.set(
      powers.map((power) => power / sum),
      first,
    );
  });
  return { probabilities, labels };
}
