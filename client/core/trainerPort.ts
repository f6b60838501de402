import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { ClientUpdate } from "../../shared/train/clientHalf.ts";
import type { TrainProgress } from "../../shared/train/localTrainer.ts";

/** The model or the data is not what this client can train; the message says how to mend it. */
export class UnfitError extends Error {
  override readonly name = "UnfitError";
}

/** What of a run's plan decides a client's training. */
export type TrainingPlan = Pick<RunPlan, "runId" | "local" | "strategy" | "evaluation">;

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
  /** What the offer hands out beside them, by name: files of the same form. */
  readonly handouts: ReadonlyMap<string, Uint8Array>;
  /** What the client kept of its last round, as `TrainedUpdate.kept` gave it; nothing before the first. */
  readonly kept?: Uint8Array;
  /** Names the stream of random numbers that orders the examples: the same name, the same update. */
  readonly seed: string;
  readonly onProgress: (progress: TrainProgress) => void;
  /** Stops training within a chunk of steps. */
  readonly signal: AbortSignal;
}

/** What a training gives: delta, parts and metrics travel, what is kept stays. */
export interface TrainedUpdate extends Omit<ClientUpdate, "kept"> {
  /** What the client must keep for its next training, a safetensors file, where model or strategy ask for any. */
  readonly kept?: Uint8Array;
}

/**
 * The local training of one client: a worker in Node and in browsers, a fake in tests. It owns the data; the rest of
 * the client never sees an example.
 */
export interface TrainerPort {
  /**
   * Compiles a model document for the plan.
   * @throws UnfitError that tells a person why this data cannot train this model (expected shape, got shape); any
   * other error is the trainer's own failure.
   */
  prepare(model: unknown, plan: TrainingPlan): Promise<PreparedModel>;
  /** @throws Error if the params do not fit, training diverges, or the signal aborts it. */
  train(order: TrainOrder): Promise<TrainedUpdate>;
  /** Ends the worker. */
  close(): void;
}
