import type { TrainerPort } from "../../client/core/trainerPort.ts";
import { createTrainingHost } from "../../client/core/trainingHost.ts";
import type { TrainingNews } from "../../client/core/trainingMessage.ts";
import { workerTrainer } from "../../client/core/workerTrainer.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { createReferenceTrainer } from "../support/referenceTrainer.ts";

/** The worker's code and the main thread's, talking as through a worker, in one thread. */
export function inProcessTrainer(data: Dataset): TrainerPort {
  return workerTrainer({
    data,
    start() {
      const listeners: ((news: TrainingNews) => void)[] = [];
      const host = createTrainingHost({
        createTrainer: createReferenceTrainer,
        post: (news) => {
          const copy = structuredClone(news);
          queueMicrotask(() => {
            for (const listener of listeners) listener(copy);
          });
        },
      });
      return {
        post: (order) => {
          const copy = structuredClone(order);
          queueMicrotask(() => host(copy));
        },
        onNews: (listener) => void listeners.push(listener),
        onFailure: () => {},
        terminate: () => void listeners.splice(0),
      };
    },
  });
}
