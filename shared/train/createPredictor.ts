import { exp } from "../base/math.ts";
import { numElements } from "../graph/shape.ts";
import type { Model } from "../models/model.ts";
import { createLocalTrainer } from "./createLocalTrainer.ts";

/** What a model says of one input. */
export interface Prediction {
  /** Raw outputs, [outputSize]: logits for a classifier, the values themselves for regression. */
  readonly outputs: Float32Array;
  /** Softmax of the outputs, [outputSize]: what a classifier gives to each class; sums to 1. */
  readonly probabilities: Float32Array;
  /** The index of the largest output: the predicted class. */
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
      const { targetSize, targets } = blankTargets(model, numExamples);
      const outputs = trainer.predict(params, { numExamples, inputShape, inputs, targets, targetSize });
      return Array.from({ length: numExamples }, (_, row) =>
        predictionOf(outputs.slice(row * model.outputSize, (row + 1) * model.outputSize)),
      );
    },
  };
}

/** A dataset has targets; to predict they are not looked at. */
function blankTargets(model: Model, numExamples: number) {
  if (model.loss.numCorrect) return { targets: new Uint8Array(numExamples), targetSize: 1 };
  return { targets: new Float32Array(numExamples * model.outputSize), targetSize: model.outputSize };
}

function predictionOf(outputs: Float32Array): Prediction {
  const label = outputs.indexOf(outputs.reduce((largest, output) => Math.max(largest, output)));
  const powers = outputs.map((output) => exp(output - outputs[label]!));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { outputs, probabilities: powers.map((power) => power / sum), label };
}
