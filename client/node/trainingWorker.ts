import { parentPort } from "node:worker_threads";
import { createClientTrainer } from "../../shared/train/createClientTrainer.ts";
import { createTrainingHost } from "../core/trainingHost.ts";

// The training thread of a Node client: orders come in, news go out. Always started from the built file.
const port = parentPort;
if (port === null) throw new Error("trainingWorker expected to be started as a worker thread");
const host = createTrainingHost({
  createTrainer: createClientTrainer,
  post: (news, transfer) => port.postMessage(news, [...transfer]),
});
port.on("message", host);
