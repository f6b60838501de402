import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { LocalUpdate, TrainProgress } from "../../shared/train/localTrainer.ts";

/** The model or the data is not what this client can train; the message says how to mend it. */
export class UnfitError extends Error {
  override readonly name = "UnfitError";
}

/** A model as the trainer sees it once compiled. */
export interface PreparedModel {
  /** Elements of the shared params. */
  readonly numParams: number;
  readonly inputShape: readonly number[];
  readonly outputSize: number;
  readonly name: string;
}

interface TrainOrder {
  /** The received params: a safetensors file whose hash was checked. */
  readonly params: Uint8Array;
  /** The client's personal params as `TrainedUpdate.personal` gave them; as the model begins when absent. */
  readonly personal?: Uint8Array;
  /** Names the stream of random numbers that orders the examples: the same name, the same update. */
  readonly seed: string;
  readonly onProgress: (progress: TrainProgress) => void;
  /** Stops training within a chunk of steps. */
  readonly signal: AbortSignal;
}

/** What a training gives: the delta travels, the personal params stay. */
export interface TrainedUpdate extends Omit<LocalUpdate, "privateParams"> {
  /** The personal params after it, a safetensors file, where the model has any: for this client's next training. */
  readonly personal?: Uint8Array;
}

/**
 * The local training of one client: a worker in Node and in browsers, a fake in tests. It owns the data; the rest of
 * the client never sees an example.
 */
export interface TrainerPort {
  /**
   * Compiles a model document for the local plan.
   * @throws UnfitError that tells a person why this data cannot train this model (expected shape, got shape); any
   * other error is the trainer's own failure.
   */
  prepare(model: unknown, plan: LocalPlan): Promise<PreparedModel>;
  /** @throws Error if the params do not fit, training diverges, or the signal aborts it. */
  train(order: TrainOrder): Promise<TrainedUpdate>;
  /** Ends the worker. */
  close(): void;
}
