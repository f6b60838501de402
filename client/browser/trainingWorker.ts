import { loadClientTrainer } from "../../shared/train/loadClientTrainer.ts";
import { createModelHost } from "../core/modelHost.ts";
import type { ModelOrder } from "../core/modelMessage.ts";
import { createTrainingHost } from "../core/trainingHost.ts";
import type { TrainingOrder } from "../core/trainingMessage.ts";

// The worker of a page: orders come in, news go out.
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const lookAtModel = createModelHost((news) => scope.postMessage(news));
const train = createTrainingHost({
  createTrainer: loadClientTrainer,
  post: (news, transfer) => scope.postMessage(news, [...transfer]),
});
scope.onmessage = ({ data: order }: MessageEvent<TrainingOrder | ModelOrder>) =>
  order.type === "describe" || order.type === "predict" ? lookAtModel(order) : train(order);
