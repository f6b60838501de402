import { loadMnist } from "../../datasets/loadMnist.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import type { SampleData } from "../runs/hostedRun.ts";
import type { RunFile } from "./runFile.ts";
import { sampleShards } from "./sampleShards.ts";

/** Parts of MNIST's training set that local clients hold, 5,000 images each: four of them reach about 97 %. */
export const DEMO_SHARDS = 12;
/** Parts that visitors of the page may take, 600 images each. */
const SAMPLE_SHARDS = 100;

/** What `headwater serve` runs when nobody says otherwise: MNIST, a 2NN, rounds of a few seconds, without an end. */
export const DEMO_RUN: RunFile = {
  plan: {
    name: "mnist-demo",
    rounds: null,
    cohort: { size: 8, overSelection: 1, quorum: 2 },
    local: { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } },
    deadlineMs: 30_000,
    maxWeight: 5000, // nobody speaks for more than the largest honest client
    retention: "headers",
  },
  model: zooModel("2nn"),
  testSource: "mnist",
  minRoundMs: 2000,
};

/** The test set that judges the demonstration, and samples of the training set for the page. */
export async function loadDemoData(): Promise<{ readonly test: Dataset; readonly sample: SampleData }> {
  const { train, test } = await loadMnist();
  return { test, sample: sampleShards("MNIST", train, SAMPLE_SHARDS) };
}
