import { loadCsv } from "../../datasets/loadCsv.ts";
import { loadIdxDirectory } from "../../datasets/loadIdx.ts";
import { loadMnist } from "../../datasets/loadMnist.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { RunFile } from "./runFile.ts";

/** The test set that a run file names. @throws DataFormatError if it is not there, cannot be read or holds no test set. */
export async function loadTestData(source: NonNullable<RunFile["testSource"]>): Promise<Dataset> {
  if (source === "mnist") return (await loadMnist()).test;
  try {
    return await readTestData(source);
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw new DataFormatError(`the run's test set cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function readTestData(source: Exclude<RunFile["testSource"], "mnist" | undefined>): Promise<Dataset> {
  if ("csv" in source) return (await loadCsv(source.csv, { label: source.label })).dataset;
  const { test } = await loadIdxDirectory(source.idx);
  if (test !== undefined) return test;
  throw new DataFormatError(`expected a test pair (t10k-* or test-*) in ${source.idx}, found none`);
}
