import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { LocalTrainer, LocalUpdate } from "../../shared/train/localTrainer.ts";
import { type Population, trainRowsOf } from "../population.ts";

/** Everything that decides the result of a job. Cloned to each worker; arrays in shared memory are not copied. */
export interface Workload extends Population {
  readonly seed: number;
  readonly model: ModelDocument;
  readonly plan: LocalPlan;
  readonly train: Dataset;
  readonly test?: Dataset;
  /** The private params of a client that never trained, [spec.length - spec.sharedLength]: frozen ones for good. */
  readonly privateParams: Float32Array;
  /** Names of the metrics that judge, in the order of their states. */
  readonly metrics: readonly string[];
}

/** Trains one client in one round. The order of its examples depends on the seed, the round and the client alone. */
export function trainClient(
  trainer: LocalTrainer,
  workload: Population & Pick<Workload, "seed" | "train">,
  params: Float32Array,
  { client, round }: { readonly client: number; readonly round: number },
): LocalUpdate {
  const rng = createRng(workload.seed, "local", round, client);
  return trainer.train({ params, data: workload.train, rows: trainRowsOf(workload, client), rng });
}
