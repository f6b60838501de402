import { zooModel } from "../../shared/models/zoo.ts";
import type { RunFile } from "./runFile.ts";

/** Parts of MNIST's training set that local clients hold, 5,000 images each: four of them reach about 97 %. */
export const DEMO_SHARDS = 12;

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
