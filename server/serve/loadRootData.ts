import { loadCsv } from "../../datasets/loadCsv.ts";
import { loadIdxDirectory } from "../../datasets/loadIdx.ts";
import { loadMnist } from "../../datasets/loadMnist.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";
import type { RunFile } from "./runFile.ts";

/** Of MNIST's training set, as in the paper of FLTrust; arXiv:2012.13995, section 5.1. */
const ROOT_EXAMPLES = 100;

/** The coordinator's own training examples that a run file names. @throws DataFormatError if they cannot be read. */
export async function loadRootData(source: NonNullable<RunFile["rootSource"]>): Promise<Dataset> {
  try {
    if (source === "mnist") {
      const { train } = await loadMnist();
      return subsetDataset(
        train,
        Uint32Array.from({ length: ROOT_EXAMPLES }, (_, row) => row),
      );
    }
    if ("csv" in source) return (await loadCsv(source.csv, { label: source.label })).dataset;
    return (await loadIdxDirectory(source.idx)).train;
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw new DataFormatError(`the run's root data cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
