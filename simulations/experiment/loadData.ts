import { loadCsv } from "../../datasets/loadCsv.ts";
import { loadIdxDirectory } from "../../datasets/loadIdx.ts";
import { loadMnist } from "../../datasets/loadMnist.ts";
import { createRng } from "../../shared/base/rng.ts";
import { batchOrder } from "../../shared/data/batchOrder.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";
import type { Experiment } from "./experiment.ts";
import { UsageError } from "./usageError.ts";

export interface LoadedData {
  readonly train: Dataset;
  readonly test?: Dataset;
  /** What the person should know about the data, for instance rows that were skipped. */
  readonly notes: readonly string[];
}

/** Reads the data that an experiment names. @throws UsageError if a file is missing or is not what it should be. */
export async function loadData({ data, seed }: Experiment): Promise<LoadedData> {
  const { source } = data;
  try {
    if (source === "mnist") return { ...(await loadMnist()), notes: [] };
    if ("idx" in source) return { ...(await loadIdxDirectory(source.idx)), notes: [] };
    const { csv, label, testFraction } = source;
    const { dataset, skipped, numSkipped } = await loadCsv(csv, { label });
    const first = skipped[0];
    const notes = first ? [`${csv}: ${numSkipped} rows skipped; row ${first.row}: ${first.reason}`] : [];
    return { ...splitTest(dataset, testFraction, seed), notes };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (error instanceof DataFormatError || isMissing) throw new UsageError((error as Error).message, { cause: error });
    throw error;
  }
}

/** Holds a seeded random share of the rows out. */
function splitTest(dataset: Dataset, fraction: number, seed: number): { train: Dataset; test?: Dataset } {
  const numTest = Math.floor(fraction * dataset.numExamples);
  if (numTest === 0) return { train: dataset };
  const order = batchOrder(dataset.numExamples, 1, createRng(seed, "test-split"));
  return {
    train: subsetDataset(dataset, order.subarray(numTest)),
    test: subsetDataset(dataset, order.subarray(0, numTest)),
  };
}
