import { Worker } from "node:worker_threads";
import type { TrainingNews, TrainingOrder } from "../core/trainingMessage.ts";
import type { WorkerLink } from "../core/workerLink.ts";

/** The built training thread beside this file; from source, callers name the one in dist/. */
export const TRAINING_WORKER_URL = new URL("./trainingWorker.js", import.meta.url);

/** A worker thread that trains; it does not keep the process alive by itself. */
export function startTrainingThread(url: URL = TRAINING_WORKER_URL): WorkerLink<TrainingOrder, TrainingNews> {
  const worker = new Worker(url, { execArgv: [] }); // flags of this process (--input-type, --inspect) are not the thread's
  worker.unref();
  return {
    post: (order) => worker.postMessage(order),
    onNews: (listener) => worker.on("message", (news: TrainingNews) => listener(news)),
    onFailure: (listener) => {
      worker.on("error", (error) =>
        listener(new Error(`the training thread failed: ${error.message}`, { cause: error })),
      );
    },
    terminate: () => void worker.terminate(),
  };
}
