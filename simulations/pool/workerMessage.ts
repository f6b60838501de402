import type { ClientUpdate } from "../../shared/train/clientHalf.ts";
import type { Judgement } from "./judgement.ts";
import type { ModelOwner, TrainRequest } from "./station.ts";
import type { Workload } from "./workload.ts";

/** What a worker starts with. */
export interface WorkerStart {
  readonly workload: Workload;
}

/** Vectors that were handed out lie in shared memory and are sent by reference; what a client keeps is sent along, both ways. */
export type WorkerRequest =
  /** Train and write the delta to `delta`, which lies in shared memory. */
  | ({ readonly kind: "train"; readonly delta: Float32Array } & TrainRequest)
  | { readonly kind: "judge-piece"; readonly params: Float32Array; readonly piece: number }
  | ({ readonly kind: "judge-client" } & ModelOwner);

/** Answers come in the order of the requests; the first one, `ready`, answers the start. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | ({ readonly kind: "trained" } & Omit<ClientUpdate, "delta">)
  | { readonly kind: "judged"; readonly judgement: Judgement }
  /** The training diverged or could not be done. */
  | { readonly kind: "failed"; readonly message: string };
