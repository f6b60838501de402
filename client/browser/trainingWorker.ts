import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { createTrainingHost } from "../core/trainingHost.ts";
import type { TrainingOrder } from "../core/trainingMessage.ts";

// The training worker of a page: orders come in, news go out.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const host = createTrainingHost({
  createTrainer: createLocalTrainer,
  post: (news, transfer) => scope.postMessage(news, [...transfer]),
});
scope.onmessage = ({ data }: MessageEvent<TrainingOrder>) => host(data);
