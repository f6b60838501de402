import type { Dataset } from "../../shared/data/dataset.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { TrainProgress } from "../../shared/train/localTrainer.ts";
import type { PreparedModel, TrainedUpdate } from "./trainerPort.ts";

/** To the training worker; `id` comes back in the answer. The data is sent once, first. */
export type TrainingOrder =
  | { readonly type: "data"; readonly data: Dataset; readonly base?: Uint8Array }
  | { readonly type: "prepare"; readonly id: number; readonly model: unknown; readonly plan: LocalPlan }
  | {
      readonly type: "train";
      readonly id: number;
      readonly params: Uint8Array;
      readonly personal?: Uint8Array;
      readonly seed: string;
    }
  | { readonly type: "cancel"; readonly id: number };

/** From the training worker. */
export type TrainingNews =
  | { readonly type: "prepared"; readonly id: number; readonly model: PreparedModel }
  | { readonly type: "progress"; readonly id: number; readonly progress: TrainProgress }
  | { readonly type: "trained"; readonly id: number; readonly update: TrainedUpdate }
  | { readonly type: "failed"; readonly id: number; readonly message: string };
