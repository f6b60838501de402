import type { WorkerLink } from "../core/workerLink.ts";

/**
 * The page's Web Worker, which trains (orders `TrainingOrder`) and looks at models (orders `ModelOrder`). One file for both, so that
 * layers and engine are loaded once. The address is written so that bundlers (Vite, webpack) find and bundle the worker.
 */
export function startWorker<Order, News>(): WorkerLink<Order, News> {
  const worker = new Worker(new URL("./trainingWorker.js", import.meta.url), { type: "module" });
  return {
    post: (order) => worker.postMessage(order),
    onNews: (listener) => {
      worker.onmessage = ({ data }: MessageEvent<News>) => listener(data);
    },
    onFailure: (listener) => {
      worker.onerror = (event) => listener(new Error(`the training worker failed: ${event.message ?? "cannot start"}`));
      worker.onmessageerror = () => listener(new Error("the training worker sent what cannot be read"));
    },
    terminate: () => worker.terminate(),
  };
}
