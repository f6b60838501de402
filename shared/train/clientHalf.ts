import type { Rng } from "../base/rng.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Metrics } from "../protocol/metrics.ts";
import type { LocalTrainer, TrainProgress } from "./localTrainer.ts";

/** A vector by its name. */
export type NamedVectors = ReadonlyMap<string, Float32Array>;

/** What came from the coordinator, what a client kept, and its data. */
export interface OwnRequest {
  /** Whole params to train from, [spec.length]: the received shared ones, then the private ones as the model begins. Only read. */
  readonly params: Float32Array;
  /** What the offer handed out beside params, [spec.sharedLength] each, by the names of `strategyNeeds`. */
  readonly handouts: NamedVectors;
  /** What `ClientUpdate.kept` held after this client's last round; empty before the first. */
  readonly kept: NamedVectors;
  readonly data: Dataset;
  /** The rows of `data` that are this client's; all rows when absent. */
  readonly rows?: Uint32Array;
}

/** One client's round. */
export interface ClientRequest extends OwnRequest {
  /** Orders the examples of each epoch, then seeds what layers draw. */
  readonly rng: Rng;
  /**
   * Rows of `data` that the client never trains on: what it would predict with before this round is judged on them, and the
   * metrics say so ("evalExamples", "evalLoss", and unless the model is a regression "evalCorrect"). None when absent.
   */
  readonly heldOut?: Uint32Array;
}

/** What a client's round gives: `delta`, `parts` and `metrics` travel, `kept` stays. All owned by the caller. */
export interface ClientUpdate {
  /** local shared params - received ones, [spec.sharedLength]. */
  readonly delta: Float32Array;
  /** What else travels, by the names and in the order of `strategyNeeds(strategy).parts`. */
  readonly parts: NamedVectors;
  /** "trainLoss", and what `strategyNeeds(strategy).metrics` names. */
  readonly metrics: Metrics;
  /** What the client must keep for its next round ("personal", "control", ...); never travels. */
  readonly kept: NamedVectors;
  readonly numExamples: number;
  readonly numSteps: number;
  /** Mean loss over the examples seen by the model that travels, each at the moment it was trained on. */
  readonly trainLoss: number;
}

/** A client's round in progress: run it a chunk of steps at a time to show progress and be able to stop. */
export interface ClientTraining {
  readonly stepsTotal: number;
  /** Runs at most `maxSteps` steps. @throws RangeError if the loss is no longer finite. */
  run(maxSteps: number): TrainProgress;
  /** @throws RangeError before the last step has run, or if what travels is not finite. */
  finish(): ClientUpdate;
}

/** The client's half of a strategy for one model: owns what it needs to train; many virtual clients may take turns on it. */
export interface ClientTrainer extends Pick<LocalTrainer, "evaluate" | "predict"> {
  /** Elements of what a client keeps from round to round, by name; nothing for most strategies. */
  readonly keeps: ReadonlyMap<string, number>;
  /** Compiles what a training on so many examples needs, ahead of `start`. */
  compile(numExamples: number): void;
  start(request: ClientRequest): ClientTraining;
  /** `start`, every step, `finish`. */
  train(request: ClientRequest): ClientUpdate;
  /**
   * What a client predicts with, [spec.length], only read: the received params with its private ones, the one of several
   * models that fits it, or a model of its own.
   */
  ownParams(request: OwnRequest): Float32Array;
}
