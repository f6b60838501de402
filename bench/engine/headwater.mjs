// Usage (by compare.mjs): node headwater.mjs <workload> <data file>. An epoch is a whole client round: params in, batches in a
// fresh order, training, delta out.
import { readFileSync } from "node:fs";
import { serve } from "./contender.mjs";
import { BATCH, INPUTS, LEARNING_RATE, ROWS } from "./workloads.mjs";

const [, , workload, file] = process.argv;
const bytes = new Uint8Array(readFileSync(file));
const data = {
  numExamples: ROWS,
  inputShape: [INPUTS],
  inputs: bytes.subarray(0, ROWS * INPUTS),
  targets: bytes.subarray(ROWS * INPUTS),
  targetSize: 1,
};
const startedAt = performance.now();
const { createLocalTrainer, createRng, zooModel } = await import("../../dist/shared/index.js");
const model = zooModel(workload);
const optimizer = { kind: "sgd", learningRate: LEARNING_RATE };
const trainer = createLocalTrainer({ model, plan: { epochs: 1, batchSize: BATCH, optimizer } });
const params = model.init(createRng("bench"));
let round = 0;
const epoch = () => {
  const { delta, trainLoss } = trainer.train({ params, data, rng: createRng("bench", round++) });
  for (let i = 0; i < delta.length; i++) params[i] += delta[i];
  return trainLoss;
};
epoch();
const startupMs = performance.now() - startedAt;

serve({ name: "Headwater", version: `strict, Node ${process.version}`, startupMs }, (epochs) => {
  let loss = 0;
  for (let i = 0; i < epochs; i++) loss = epoch();
  return loss;
});
