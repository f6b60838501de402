// The page of firstStep.mjs: loads the whole SDK, starts its training worker and trains a model, in the order of `joinRun`. All times
// are milliseconds since the navigation began.
import * as sdk from "../../dist/client/browser/index.js";
import { startWorker } from "../../dist/client/browser/startWorker.js";
import { workerTrainer } from "../../dist/client/core/workerTrainer.js";

globalThis.sdk = sdk; // keeps what a page would use of it in the bundle
const times = { sdkLoaded: performance.now() };
const { inputShape, targetSize, numClasses, batchSize, steps } = JSON.parse(document.body.dataset.workload);
// Whatever the person chose, it is in memory before the person joins; making it here is kept short.
const rows = batchSize * steps;
const ramp = (length, below) => {
  const values = new Uint8Array(length);
  for (let i = 0; i < length; i++) values[i] = (i * 7) % below;
  return values;
};
const inputSize = inputShape.reduce((product, size) => product * size, 1);
const data = {
  numExamples: rows,
  inputShape,
  inputs: ramp(rows * inputSize, numClasses), // token ids must lie below the vocabulary
  targets: ramp(rows * targetSize, numClasses),
  targetSize,
};
const trainer = workerTrainer({ data, start: startWorker });
const fetchModel = async () => (await fetch("model.json")).json();
const fetchParams = async () => {
  const bytes = await (await fetch("params.bin")).arrayBuffer();
  times.fetched = performance.now();
  return new Uint8Array(bytes);
};
const prepare = async () => {
  await trainer.prepare(await fetchModel(), { epochs: 1, batchSize, optimizer: { kind: "sgd", learningRate: 0.01 } });
  times.prepared = performance.now();
};
const [params] = await Promise.all([fetchParams(), prepare()]);
await trainer.train({
  params,
  seed: "first step",
  signal: new AbortController().signal,
  onProgress: ({ stepsDone }) => {
    times.firstStep ??= performance.now();
    times.stepsDone ??= stepsDone; // 1: the worker reports after its first step
  },
});
times.epoch = performance.now();
globalThis.times = times;
