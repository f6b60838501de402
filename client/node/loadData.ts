import { stat } from "node:fs/promises";
import { loadCsv } from "../../datasets/loadCsv.ts";
import { loadIdxDirectory, loadIdxPair } from "../../datasets/loadIdx.ts";
import { loadMnist } from "../../datasets/loadMnist.ts";
import { createRng } from "../../shared/base/rng.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { iid } from "../../shared/data/partition/iid.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";

export interface DataRequest {
  /** "mnist", a folder of IDX files, a pair "IMAGES,LABELS" of IDX files, or a CSV file. */
  readonly source: string;
  /** Label column of a CSV. */
  readonly label: string;
  /** One of `of` equal parts, drawn without regard to labels; `part` counts from 1. All rows when absent. */
  readonly shard?: { readonly part: number; readonly of: number; readonly seed: number };
}

export interface LoadedData {
  readonly data: Dataset;
  /** What it is, for a person: "MNIST, part 3 of 100". */
  readonly description: string;
  /** Things a person should know: rows left out. */
  readonly notes: readonly string[];
}

/** Reads a person's data into memory. @throws DataFormatError that says what is wrong with it and how to mend it. */
export async function loadData({ source, label, shard }: DataRequest): Promise<LoadedData> {
  const whole = await loadWhole(source, label);
  if (shard === undefined) return whole;
  const { part, of, seed } = shard;
  const { numExamples } = whole.data;
  if (of > numExamples)
    throw new DataFormatError(`--shard expected at most ${numExamples} parts, one a row, got ${of}`);
  const rows = iid(whole.data, of, createRng(seed, "shards"))[part - 1];
  if (rows === undefined) throw new DataFormatError(`--shard expected a part between 1 and ${of}, got ${part}`);
  return {
    ...whole,
    data: subsetDataset(whole.data, rows),
    description: `${whole.description}, part ${part} of ${of}`,
  };
}

async function loadWhole(source: string, label: string): Promise<LoadedData> {
  if (source === "mnist") return { data: (await loadMnist()).train, description: "MNIST", notes: [] };
  const pair = source.split(",");
  if (pair.length === 2 && !(await exists(source))) {
    const [images = "", labels = ""] = pair;
    return { data: await loadIdxPair(await existing(images), await existing(labels)), description: images, notes: [] };
  }
  const path = await existing(source);
  if ((await stat(path)).isDirectory()) {
    return { data: (await loadIdxDirectory(path)).train, description: path, notes: [] };
  }
  if (!/\.(csv|tsv|txt)$/i.test(path)) {
    throw new DataFormatError(
      `--data expected "mnist", a folder of IDX files, IMAGES,LABELS or a file ending in .csv, got ${source}`,
    );
  }
  const { dataset, numSkipped, skipped } = await loadCsv(path, { label });
  const first = skipped[0];
  const notes = first
    ? [`${numSkipped} ${numSkipped === 1 ? "row" : "rows"} left out; the first is row ${first.row}: ${first.reason}`]
    : [];
  return { data: dataset, description: path, notes };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function existing(path: string): Promise<string> {
  if (await exists(path)) return path;
  throw new DataFormatError(`--data expected a file or folder, there is nothing at ${path}; "mnist" is built in`);
}
