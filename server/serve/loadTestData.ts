import { loadCsv } from "../../datasets/loadCsv.ts";
import { loadIdxDirectory } from "../../datasets/loadIdx.ts";
import { loadMnist } from "../../datasets/loadMnist.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { RunFile } from "./runFile.ts";

/** The test set that a run file names. @throws DataFormatError if it is not there or holds no test set. */
export async function loadTestData(source: NonNullable<RunFile["testSource"]>): Promise<Dataset> {
  if (source === "mnist") return (await loadMnist()).test;
  if ("csv" in source) return (await loadCsv(source.csv, { label: source.label })).dataset;
  const { test } = await loadIdxDirectory(source.idx);
  if (test === undefined)
    throw new DataFormatError(`${source.idx} expected a test pair (t10k-* or test-*), found none`);
  return test;
}
