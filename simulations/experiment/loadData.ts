import { loadBuiltinData } from "../../datasets/builtinData.ts";
import { loadCsv } from "../../datasets/loadCsv.ts";
import { loadDataFile } from "../../datasets/loadDataFile.ts";
import { loadIdxDirectory } from "../../datasets/loadIdx.ts";
import type { SourceData } from "../../datasets/sourceData.ts";
import { createRng } from "../../shared/base/rng.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { holdOut } from "../../shared/data/split/holdOut.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";
import { fedProxSynthetic } from "../../shared/data/synthetic/fedProxSynthetic.ts";
import type { Experiment } from "./experiment.ts";
import { UsageError } from "./usageError.ts";

/**
 * Reads the data that an experiment names.
 * @throws UsageError if a file is missing or is not what it should be, or the source asks for what the data cannot give.
 */
export async function loadData({ data, seed }: Pick<Experiment, "data" | "seed">): Promise<SourceData> {
  const { source } = data;
  try {
    if (typeof source === "string") return await loadBuiltinData(source);
    if ("idx" in source) return { ...(await loadIdxDirectory(source.idx)), notes: [] };
    if ("synthetic" in source) return madeUp(source, seed);
    if (!("csv" in source)) return await loadDataFile(source, seed);
    const { csv, label, testFraction } = source;
    const { dataset, skipped, numSkipped } = await loadCsv(csv, { label });
    const first = skipped[0];
    const notes = first ? [`${csv}: ${numSkipped} rows skipped; row ${first.row}: ${first.reason}`] : [];
    return { ...splitTest(dataset, testFraction, seed), notes };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const isAsked = error instanceof RangeError && typeof source === "object";
    if (error instanceof DataFormatError || isMissing || isAsked) {
      throw new UsageError((error as Error).message, { cause: error });
    }
    throw error;
  }
}

function madeUp({ clients, ...options }: { clients: number; alpha: number; beta: number }, seed: number): SourceData {
  const train = fedProxSynthetic({ ...options, numDevices: clients, seed });
  return { train, notes: [`fedprox synthetic: ${train.numExamples} examples of ${clients} devices`] };
}

/** Holds a seeded random share of the rows out. */
function splitTest(dataset: Dataset, fraction: number, seed: number): { train: Dataset; test?: Dataset } {
  const { train, test } = holdOut(dataset.numExamples, fraction, createRng(seed, "test-split"));
  if (test.length === 0) return { train: dataset };
  return { train: subsetDataset(dataset, train), test: subsetDataset(dataset, test) };
}
