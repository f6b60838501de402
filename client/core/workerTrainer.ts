import type { Dataset } from "../../shared/data/dataset.ts";
import type { LocalUpdate, TrainProgress } from "../../shared/train/localTrainer.ts";
import { type PreparedModel, type TrainerPort, UnfitError } from "./trainerPort.ts";
import type { TrainingNews, TrainingOrder } from "./trainingMessage.ts";

/** A worker of either kind, as far as training needs it. */
export interface WorkerLink {
  post(order: TrainingOrder): void;
  onNews(listener: (news: TrainingNews) => void): void;
  /** The worker died or could not be started. */
  onFailure(listener: (reason: Error) => void): void;
  terminate(): void;
}

interface Waiting {
  readonly done: (news: TrainingNews) => void;
  /** The worker answered that it cannot. */
  readonly refused: (message: string) => void;
  /** The worker is gone. */
  readonly failed: (error: Error) => void;
  readonly onProgress?: (progress: TrainProgress) => void;
}

/**
 * Trains in a worker. The data is copied there when the trainer is made (shared memory is shared).
 * A worker that dies fails what is under way; the next order starts another.
 */
export function workerTrainer(options: { readonly data: Dataset; readonly start: () => WorkerLink }): TrainerPort {
  const waiting = new Map<number, Waiting>();
  let worker: WorkerLink | undefined;
  let lastModel: Extract<TrainingOrder, { type: "prepare" }> | undefined;
  let nextId = 1;

  function startWorker(): WorkerLink {
    const started = options.start();
    started.onNews((news) => {
      const entry = waiting.get(news.id);
      if (news.type === "progress") return entry?.onProgress?.(news.progress);
      waiting.delete(news.id);
      if (news.type === "failed") entry?.refused(news.message);
      else entry?.done(news);
    });
    started.onFailure((reason) => {
      if (worker === started) worker = undefined;
      started.terminate();
      for (const { failed } of waiting.values()) failed(reason);
      waiting.clear();
    });
    started.post({ type: "data", data: options.data });
    // A worker that takes the place of one that died must know the model; its answer finds nobody waiting.
    if (lastModel !== undefined) started.post(lastModel);
    return started;
  }

  function ask(order: (id: number) => TrainingOrder, entry: Waiting): number {
    const id = nextId++;
    waiting.set(id, entry);
    worker ??= startWorker();
    worker.post(order(id));
    return id;
  }

  return {
    prepare: (model, plan) =>
      new Promise<PreparedModel>((resolve, reject) => {
        ask((id) => (lastModel = { type: "prepare", id, model, plan }), {
          done: (news) => news.type === "prepared" && resolve(news.model),
          refused: (message) => reject(new UnfitError(message)),
          failed: reject,
        });
      }),
    train: ({ params, seed, onProgress, signal }) =>
      new Promise<LocalUpdate>((resolve, reject) => {
        if (signal.aborted) return reject(new Error("training was cancelled"));
        const id = ask((id) => ({ type: "train", id, params, seed }), {
          done: (news) => news.type === "trained" && resolve(news.update),
          refused: (message) => reject(new Error(message)),
          failed: reject,
          onProgress,
        });
        signal.addEventListener(
          "abort",
          () => {
            if (!waiting.delete(id)) return;
            worker?.post({ type: "cancel", id });
            reject(new Error("training was cancelled"));
          },
          { once: true },
        );
      }),
    close() {
      worker?.terminate();
      worker = undefined;
      for (const { failed } of waiting.values()) failed(new Error("training was ended"));
      waiting.clear();
    },
  };
}
