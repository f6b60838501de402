import type { Judgement } from "./judgement.ts";
import type { ModelOwner, StationUpdate } from "./station.ts";
import type { Workload } from "./workload.ts";

/** What a worker starts with. */
export interface WorkerStart {
  readonly workload: Workload;
  /** The published params, in shared memory: written by the main thread while no job runs. */
  readonly params: Float32Array;
}

export type WorkerRequest =
  /** Train and write the delta to `delta`, which lies in shared memory; personal params are sent along, both ways. */
  | ({ readonly kind: "train"; readonly round: number; readonly delta: Float32Array } & ModelOwner)
  | { readonly kind: "judge-piece"; readonly piece: number }
  | ({ readonly kind: "judge-client" } & ModelOwner);

/** Answers come in the order of the requests; the first one, `ready`, answers the start. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | ({ readonly kind: "trained" } & Omit<StationUpdate, "delta">)
  | { readonly kind: "judged"; readonly judgement: Judgement }
  /** The training diverged or could not be done. */
  | { readonly kind: "failed"; readonly message: string };
