import { parentPort } from "node:worker_threads";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { createTrainingHost } from "../core/trainingHost.ts";

// The training thread of a Node client: orders come in, news go out. Always started from the built file.
const port = parentPort;
if (port === null) throw new Error("trainingWorker expected to be started as a worker thread");
const host = createTrainingHost({
  createTrainer: createLocalTrainer,
  post: (news, transfer) => port.postMessage(news, [...transfer]),
});
port.on("message", host);
