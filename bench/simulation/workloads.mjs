import { loadMnist } from "../../dist/datasets/loadMnist.js";
import { concatDatasets } from "../../dist/shared/data/concatDatasets.js";
import { subsetDataset } from "../../dist/shared/data/subsetDataset.js";
import { zooModel } from "../../dist/shared/models/zoo.js";
import { createSimulation, parseExperiment } from "../../dist/simulations/index.js";

/** Goals are seconds from the first round's start to the last commit, data resident, no evaluation. */
export const WORKLOADS = {
  W1: {
    model: "softmax-regression",
    clients: 1000,
    examples: 69,
    cohort: 10,
    rounds: 100,
    batchSize: 10,
    learningRate: 0.1,
    seed: 1,
    goals: { 1: 1 },
  },
  W2: {
    model: "2nn",
    clients: 100,
    examples: 600,
    cohort: 10,
    rounds: 20,
    batchSize: 10,
    learningRate: 0.1,
    seed: 1,
    goals: { 1: 5, 2: 2.6 },
  },
};

/** The first clients x examples images of MNIST's training and test sets together. */
export async function loadWorkloadData({ clients, examples }) {
  const { train, test } = await loadMnist();
  const all = concatDatasets(train, test);
  return subsetDataset(
    all,
    Uint32Array.from({ length: clients * examples }, (_, row) => row),
  );
}

export function experimentOf(name, workload) {
  const { model, clients, cohort, rounds, batchSize, learningRate, seed } = workload;
  return parseExperiment({
    name,
    seed,
    data: { source: "mnist" },
    partition: { kind: "iid", clients },
    model,
    cohort: { size: cohort },
    local: { epochs: 1, batchSize, optimizer: { kind: "sgd", learningRate } },
    rounds,
    evaluateEvery: 0,
  });
}

/** One run: seconds of the rounds, milliseconds until they could start, and the last params' hash. */
export async function runWorkload(name, workload, train, workers) {
  const started = performance.now();
  const simulation = createSimulation({
    experiment: experimentOf(name, workload),
    model: zooModel(workload.model),
    train,
    workers,
  });
  try {
    const startUpMs = performance.now() - started;
    const { seconds, paramsHash } = await simulation.run();
    return { seconds, startUpMs, paramsHash };
  } finally {
    await simulation.close();
  }
}
