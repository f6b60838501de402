import type { Dataset } from "../../shared/data/dataset.ts";
import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { Population } from "../population.ts";

/** Everything that decides the result of a job. Cloned to each worker; arrays in shared memory are not copied. */
export interface Workload extends Population {
  readonly seed: number;
  readonly model: ModelDocument;
  readonly plan: LocalPlan;
  readonly strategy: StrategyPlan;
  readonly train: Dataset;
  readonly test?: Dataset;
  /** The private params of a client that never trained, [spec.length - spec.sharedLength]: frozen ones for good. */
  readonly privateParams: Float32Array;
  /** Names of the metrics that judge, in the order of their states. */
  readonly metrics: readonly string[];
}
