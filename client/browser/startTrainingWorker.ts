import type { TrainingNews } from "../core/trainingMessage.ts";
import type { WorkerLink } from "../core/workerTrainer.ts";

/** A Web Worker that trains. The address is written so that bundlers (Vite, webpack) find and bundle the worker. */
export function startTrainingWorker(): WorkerLink {
  const worker = new Worker(new URL("./trainingWorker.js", import.meta.url), { type: "module" });
  return {
    post: (order) => worker.postMessage(order),
    onNews: (listener) => {
      worker.onmessage = ({ data }: MessageEvent<TrainingNews>) => listener(data);
    },
    onFailure: (listener) => {
      worker.onerror = (event) => listener(new Error(`the training worker failed: ${event.message ?? "cannot start"}`));
      worker.onmessageerror = () => listener(new Error("the training worker sent what cannot be read"));
    },
    terminate: () => worker.terminate(),
  };
}
