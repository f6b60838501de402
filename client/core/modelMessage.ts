import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import type { TargetLayout } from "../../shared/nn/losses/loss.ts";
import type { Prediction } from "../../shared/train/createPredictor.ts";

/** To the model worker; `id` comes back in the answer. */
export type ModelOrder =
  | { readonly type: "describe"; readonly id: number; readonly model: unknown }
  | {
      readonly type: "predict";
      readonly id: number;
      /** One row of raw inputs. */
      readonly input: Uint8Array | Float32Array;
      /** The model from here on. A worker's first prediction brings one. */
      readonly model?: ModelDocument;
      /** Its params from here on, a safetensors file. A model's first prediction brings them. */
      readonly params?: Uint8Array;
    };

/** What only the code that builds models can tell of a document. */
export interface ModelFacts {
  /** As parsed: nothing in it is unknown. */
  readonly document: ModelDocument;
  /** What the loss reads of one example, [1, ...]; absent if it reads none. */
  readonly targets?: TargetLayout | undefined;
}

/** From the model worker. */
export type ModelNews =
  | { readonly type: "described"; readonly id: number; readonly facts: ModelFacts }
  | { readonly type: "predicted"; readonly id: number; readonly prediction: Prediction }
  | { readonly type: "failed"; readonly id: number; readonly message: string };
