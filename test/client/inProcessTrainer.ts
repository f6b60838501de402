import type { TrainerPort } from "../../client/core/trainerPort.ts";
import { createTrainingHost } from "../../client/core/trainingHost.ts";
import { workerTrainer } from "../../client/core/workerTrainer.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { createClientTrainer } from "../../shared/train/createClientTrainer.ts";
import { inProcessLink } from "./inProcessLink.ts";

/** A training worker in this thread. */
export function inProcessTrainer(data: Dataset, base?: Uint8Array): TrainerPort {
  return workerTrainer({
    ...{ data, base },
    start: () => inProcessLink((post) => createTrainingHost({ createTrainer: createClientTrainer, post })),
  });
}
