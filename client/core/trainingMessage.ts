import type { Dataset } from "../../shared/data/dataset.ts";
import type { TrainProgress } from "../../shared/train/localTrainer.ts";
import type { PreparedModel, TrainedUpdate, TrainingPlan } from "./trainerPort.ts";

/** To the training worker; `id` comes back in the answer. The data is sent once, first. */
export type TrainingOrder =
  | { readonly type: "data"; readonly data: Dataset; readonly base?: Uint8Array }
  | { readonly type: "prepare"; readonly id: number; readonly model: unknown; readonly plan: TrainingPlan }
  | {
      readonly type: "train";
      readonly id: number;
      readonly params: Uint8Array;
      readonly handouts: ReadonlyMap<string, Uint8Array>;
      readonly kept?: Uint8Array;
      readonly seed: string;
    }
  | { readonly type: "cancel"; readonly id: number };

/** From the training worker. */
export type TrainingNews =
  | { readonly type: "prepared"; readonly id: number; readonly model: PreparedModel }
  | { readonly type: "progress"; readonly id: number; readonly progress: TrainProgress }
  | { readonly type: "trained"; readonly id: number; readonly update: TrainedUpdate }
  | { readonly type: "failed"; readonly id: number; readonly message: string };
