// The page of firstStep.mjs: loads the whole SDK, starts its training worker and trains the 2NN. All times are milliseconds since the
// navigation began.
import * as sdk from "../../dist/client/browser/index.js";
import { startWorker } from "../../dist/client/browser/startWorker.js";
import { workerTrainer } from "../../dist/client/core/workerTrainer.js";

globalThis.sdk = sdk; // keeps what a page would use of it in the bundle
const times = { sdkLoaded: performance.now() };
const [model, params] = await Promise.all([
  fetch("model.json").then((response) => response.json()),
  fetch("params.bin").then((response) => response.arrayBuffer()),
]);
const rows = 600;
const data = {
  numExamples: rows,
  inputShape: [28, 28],
  inputs: Uint8Array.from({ length: rows * 784 }, (_, i) => (i * 7919) % 256),
  targets: Uint8Array.from({ length: rows }, (_, i) => i % 10),
  targetSize: 1,
};
const trainer = workerTrainer({ data, start: startWorker });
const plan = { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.01 } };
await trainer.prepare(model, plan);
times.prepared = performance.now();
await trainer.train({
  params: new Uint8Array(params),
  seed: "first step",
  signal: new AbortController().signal,
  onProgress: ({ stepsDone }) => {
    times.firstStep ??= performance.now();
    times.stepsDone ??= stepsDone; // 1: the worker reports after its first step
  },
});
times.epoch = performance.now();
globalThis.times = times;
