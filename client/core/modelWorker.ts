import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import type { Prediction } from "../../shared/train/createPredictor.ts";
import type { ModelFacts, ModelNews, ModelOrder } from "./modelMessage.ts";
import { createWorkerCalls } from "./workerCalls.ts";
import type { WorkerLink } from "./workerLink.ts";

/** How a model worker is started. */
export type StartModelWorker = () => WorkerLink<ModelOrder, ModelNews>;

/** What to predict of: an input, and before it whatever the worker does not hold yet. */
export interface PredictOrder {
  readonly input: Uint8Array | Float32Array;
  readonly model?: ModelDocument;
  readonly params?: Uint8Array;
}

/** The main thread's side of a model worker; see `createModelHost`. Answers come in the order of the questions. */
export interface ModelWorker {
  /** Starts loading it. */
  warmUp(): void;
  /** Parses an untrusted model document and builds it. @throws TypeError that says what is wrong with it. */
  describe(json: unknown): Promise<ModelFacts>;
  /** @throws Error if model, params and input do not fit together, or the worker is gone. */
  predict(order: PredictOrder): Promise<Prediction>;
  close(): void;
}

/** A model worker that starts with the first question. */
export function createModelWorker(start: StartModelWorker): ModelWorker {
  const calls = createWorkerCalls({ start });
  return {
    warmUp: calls.warmUp,
    describe: (model) =>
      new Promise<ModelFacts>((resolve, reject) => {
        calls.ask((id): ModelOrder => ({ type: "describe", id, model }), {
          take(news) {
            if (news.type === "described") resolve(news.facts);
            else if (news.type === "failed") reject(new TypeError(news.message));
            return true;
          },
          lost: reject,
        });
      }),
    predict: (order) =>
      new Promise<Prediction>((resolve, reject) => {
        calls.ask((id): ModelOrder => ({ type: "predict", id, ...order }), {
          take(news) {
            if (news.type === "predicted") resolve(news.prediction);
            else if (news.type === "failed") reject(new Error(news.message));
            return true;
          },
          lost: reject,
        });
      }),
    close: () => calls.close(new Error("the model worker was ended")),
  };
}
