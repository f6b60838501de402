import { loadMnist } from "../../datasets/loadMnist.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { SampleData } from "../runs/hostedRun.ts";
import { sampleShards } from "./sampleShards.ts";

/** Parts that visitors of the page may take, 600 images each. */
const SAMPLE_SHARDS = 100;

export interface DemoData {
  readonly test: Dataset;
  readonly sample: SampleData;
}

/** MNIST: the test set that judges a run, and samples of the training set for the page. */
export async function loadDemoData(): Promise<DemoData> {
  const { train, test } = await loadMnist();
  return { test, sample: sampleShards("MNIST", train, SAMPLE_SHARDS) };
}
