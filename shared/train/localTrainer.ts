import type { Rng } from "../base/rng.ts";
import type { Dataset } from "../data/dataset.ts";

export interface TrainRequest {
  /** The received global params, [spec.length]; only read. */
  readonly params: Float32Array;
  readonly data: Dataset;
  /** The rows of `data` that are this client's; all rows when absent. */
  readonly rows?: Uint32Array;
  /** Orders the examples of each epoch, then seeds what layers draw (dropout masks, noise). */
  readonly rng: Rng;
  /** What a proximal term holds the params near, [spec.length]; `params` when absent. */
  readonly anchor?: Float32Array;
  /** What a corrected objective adds to the gradient, [spec.sharedLength]: needed by it alone. */
  readonly correction?: Float32Array;
  /** The local params of the client's last round, [spec.length]: a contrastive objective needs them. */
  readonly previous?: Float32Array;
}

export interface LocalUpdate {
  /** local params - received params, [spec.sharedLength]; owned by the caller. */
  readonly delta: Float32Array;
  /**
   * The private params after training, [spec.length - spec.sharedLength], where the model has any: they stay with the client,
   * for its next training. Owned by the caller.
   */
  readonly privateParams?: Float32Array;
  readonly numExamples: number;
  readonly numSteps: number;
  /** Mean loss over the examples seen, each at the moment it was trained on. */
  readonly trainLoss: number;
}

export interface TrainProgress {
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** Mean loss over the steps since the last progress. */
  readonly loss: number;
}

export interface Evaluation {
  readonly numExamples: number;
  /** Mean loss over the examples. */
  readonly loss: number;
  /** Correct predictions, an example with several positions by the share that is right; absent for regression. */
  readonly numCorrect?: number;
}

/** A training in progress: run it a chunk of steps at a time to show progress, stay responsive and be able to stop. */
export interface Training {
  readonly stepsTotal: number;
  /** Runs at most `maxSteps` steps. @throws RangeError if the loss is no longer finite. */
  run(maxSteps: number): TrainProgress;
  /** The local params as they are now, [spec.length]: a copy, to be judged by another trainer while this one goes on. */
  params(): Float32Array;
  /** @throws RangeError before the last step has run, or if the delta is not finite. */
  finish(): LocalUpdate;
}

/**
 * Trains and evaluates one model under one local plan; owns one engine instance (one WebAssembly memory).
 * Many virtual clients may share it, one after the other.
 */
export interface LocalTrainer {
  /**
   * Compiles what a training on so many examples needs, so that `start` does not have to: before the params are here. Gives the
   * steps that it will take.
   */
  compile(numExamples: number): number;
  start(request: TrainRequest): Training;
  /** `start`, every step, `finish`. */
  train(request: TrainRequest): LocalUpdate;
  evaluate(params: Float32Array, data: Dataset, rows?: Uint32Array): Evaluation;
  /** Model outputs (logits for a classifier), [rows, ...outputShape]; targets are not looked at. */
  predict(params: Float32Array, data: Dataset, rows?: Uint32Array): Float32Array;
}
