import type { EvaluatedPiece, Workload } from "./workload.ts";

/** What a worker starts with. */
export interface WorkerStart {
  readonly workload: Workload;
  /** The published params, in shared memory: written by the main thread while no job runs. */
  readonly params: Float32Array;
}

export type WorkerRequest =
  /** Train and write the delta to `delta`, which lies in shared memory. */
  | { readonly kind: "train"; readonly client: number; readonly round: number; readonly delta: Float32Array }
  | { readonly kind: "evaluate"; readonly piece: number };

/** Answers come in the order of the requests; the first one, `ready`, answers the start. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "trained"; readonly numExamples: number; readonly numSteps: number; readonly trainLoss: number }
  | { readonly kind: "evaluated"; readonly piece: EvaluatedPiece }
  /** The training diverged or could not be done. */
  | { readonly kind: "failed"; readonly message: string };
