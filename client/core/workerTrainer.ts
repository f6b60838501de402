import type { Dataset } from "../../shared/data/dataset.ts";
import { type PreparedModel, type TrainedUpdate, type TrainerPort, UnfitError } from "./trainerPort.ts";
import type { TrainingNews, TrainingOrder } from "./trainingMessage.ts";
import { createWorkerCalls } from "./workerCalls.ts";
import type { WorkerLink } from "./workerLink.ts";

export interface WorkerTrainerOptions {
  readonly data: Dataset;
  /** Safetensors bytes of what models have frozen. */
  readonly base?: Uint8Array | undefined;
  readonly start: () => WorkerLink<TrainingOrder, TrainingNews>;
}

/**
 * Trains in a worker. It starts, and the data is copied there (shared memory is shared), when the trainer is made: so it loads
 * while the client connects. A worker that dies fails what is under way; the next order starts another.
 */
export function workerTrainer({ data, base, start }: WorkerTrainerOptions): TrainerPort {
  let lastModel: Extract<TrainingOrder, { type: "prepare" }> | undefined;
  const calls = createWorkerCalls({
    start,
    // A worker that takes the place of one that died must know the model; its answer finds nobody waiting.
    greeting: (): TrainingOrder[] => [
      { type: "data", data, ...(base && { base }) },
      ...(lastModel === undefined ? [] : [lastModel]),
    ],
  });

  calls.warmUp();
  return {
    prepare: (model, plan) =>
      new Promise<PreparedModel>((resolve, reject) => {
        calls.ask((id) => (lastModel = { type: "prepare", id, model, plan }), {
          take(news) {
            if (news.type === "prepared") resolve(news.model);
            else if (news.type === "failed") reject(new UnfitError(news.message));
            return true;
          },
          lost(reason) {
            lastModel = undefined; // a model that a worker died of must not be the first thing that the next one hears
            reject(reason);
          },
        });
      }),
    train: ({ params, handouts, kept, seed, onProgress, signal }) =>
      new Promise<TrainedUpdate>((resolve, reject) => {
        if (signal.aborted) return reject(new Error("training was cancelled"));
        const id = calls.ask((id) => ({ type: "train", id, params, handouts, seed, ...(kept && { kept }) }), {
          take(news) {
            if (news.type === "trained") resolve(news.update);
            else if (news.type === "failed") reject(new Error(news.message));
            else if (news.type === "progress") onProgress(news.progress);
            return news.type !== "progress";
          },
          lost: reject,
        });
        signal.addEventListener(
          "abort",
          () => {
            if (calls.cancel(id, { type: "cancel", id })) reject(new Error("training was cancelled"));
          },
          { once: true },
        );
      }),
    close: () => calls.close(new Error("training was ended")),
  };
}
