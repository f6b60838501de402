import type { Dataset } from "../../shared/data/dataset.ts";
import type { LocalUpdate } from "../../shared/train/localTrainer.ts";
import { type PreparedModel, type TrainerPort, UnfitError } from "./trainerPort.ts";
import type { TrainingNews, TrainingOrder } from "./trainingMessage.ts";
import { createWorkerCalls } from "./workerCalls.ts";
import type { WorkerLink } from "./workerLink.ts";

export interface WorkerTrainerOptions {
  readonly data: Dataset;
  readonly start: () => WorkerLink<TrainingOrder, TrainingNews>;
}

/**
 * Trains in a worker. It starts, and the data is copied there (shared memory is shared), when the trainer is made: so it loads
 * while the client connects. A worker that dies fails what is under way; the next order starts another.
 */
export function workerTrainer({ data, start }: WorkerTrainerOptions): TrainerPort {
  let lastModel: Extract<TrainingOrder, { type: "prepare" }> | undefined;
  const calls = createWorkerCalls({
    start,
    // A worker that takes the place of one that died must know the model; its answer finds nobody waiting.
    greeting: (): TrainingOrder[] => [{ type: "data", data }, ...(lastModel === undefined ? [] : [lastModel])],
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
          lost: reject,
        });
      }),
    train: ({ params, seed, onProgress, signal }) =>
      new Promise<LocalUpdate>((resolve, reject) => {
        if (signal.aborted) return reject(new Error("training was cancelled"));
        const id = calls.ask((id) => ({ type: "train", id, params, seed }), {
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
