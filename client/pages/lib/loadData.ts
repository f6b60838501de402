import {
  DataFormatError,
  type Dataset,
  type IdxArray,
  idxDataset,
  parseCsvDataset,
  parseIdx,
  type RunFacts,
  type SkippedRow,
  subsetDataset,
} from "headwater";
import { here } from "./coordinatorUrl.ts";

/** Rows that fit the run, and what was left out. They live in this page and nowhere else. */
export interface LoadedData {
  /** What a person calls it: a file name, "sample shard 3". */
  readonly name: string;
  readonly dataset: Dataset;
  readonly skipped: readonly SkippedRow[];
  readonly numSkipped: number;
  /** What was assumed about a file, in a sentence; empty if nothing was. */
  readonly note: string;
}

const MAX_FILE_BYTES = 512 * 1024 * 1024;
const LABEL_NAMES = ["label", "class", "target", "digit", "y"];

/** One shard of the coordinator's sample rows. @throws Error if it does not come, DataFormatError if it does not fit. */
export async function loadSample(run: RunFacts, shard: number): Promise<LoadedData> {
  const response = await fetch(here.api(`sample/${shard}`));
  if (!response.ok) throw new Error(`The coordinator answered ${response.status} for sample shard ${shard + 1}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const [images, labels] = splitIdxPair(bytes);
  return fitToRun(run, `sample shard ${shard + 1}`, idxDataset(parseIdx(images), parseIdx(labels)));
}

/**
 * A person's own files: one CSV, or a pair of IDX files (images and labels, in any order), each possibly gzipped.
 * @throws DataFormatError that says what was expected.
 */
export async function loadFiles(run: RunFacts, files: readonly File[]): Promise<LoadedData> {
  const opened = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await readBytes(file) })));
  const arrays = opened.filter(({ bytes }) => bytes[0] === 0 && bytes[1] === 0);
  const [first, second] = arrays;
  if (first !== undefined && second !== undefined && opened.length === 2) {
    const pair: [IdxArray, IdxArray] = [parseIdx(first.bytes), parseIdx(second.bytes)];
    const [images, labels] = pair[0].shape.length >= pair[1].shape.length ? pair : [pair[1], pair[0]];
    return fitToRun(run, `${first.name} and ${second.name}`, idxDataset(images, labels));
  }
  const [only] = opened;
  if (only === undefined || opened.length > 1 || arrays.length > 0) {
    throw new DataFormatError("Expected one CSV file, or two IDX files together: the images and their labels.");
  }
  return loadCsv(run, only.name, new TextDecoder().decode(only.bytes));
}

function loadCsv(run: RunFacts, name: string, raw: string): LoadedData {
  const [firstLine = ""] = raw.split(/\r?\n/, 1);
  const cells = firstLine.split(",").map((cell) => cell.trim().replace(/^"|"$/g, ""));
  const bare = cells.every((cell) => cell !== "" && Number.isFinite(Number(cell)));
  const header = bare ? ["label", ...cells.slice(1).map((_, i) => `x${i}`)] : cells;
  const label = header.find((cell) => LABEL_NAMES.includes(cell.toLowerCase())) ?? header[0] ?? "label";
  const classNames = Array.from({ length: run.outputSize }, (_, i) => String(i));
  const csv = parseCsvDataset(bare ? `${header.join(",")}\n${raw}` : raw, { label, classNames });
  const note = bare
    ? "The file has no header line; its first column was taken as the label."
    : `The label is the column "${label}".`;
  const loaded = fitToRun(run, name, csv.dataset);
  return {
    ...loaded,
    note,
    skipped: [...csv.skipped, ...loaded.skipped],
    numSkipped: csv.numSkipped + loaded.numSkipped,
  };
}

/** Checks the rows against what the model takes in; rows of an unknown class are left out. */
function fitToRun(run: RunFacts, name: string, dataset: Dataset): LoadedData {
  const expected = run.inputShape.reduce((product, size) => product * size, 1);
  const got = dataset.inputShape.reduce((product, size) => product * size, 1);
  if (got !== expected) throw new DataFormatError(`The model takes ${expected} numbers a row; these rows have ${got}.`);
  const skipped: SkippedRow[] = [];
  const kept: number[] = [];
  for (let row = 0; row < dataset.numExamples; row++) {
    const label = dataset.targets[row] as number;
    if (label < run.outputSize) kept.push(row);
    else skipped.push({ row: row + 1, reason: `class ${label}, the model knows 0 to ${run.outputSize - 1}` });
  }
  if (kept.length === 0) throw new DataFormatError(`No row has a class from 0 to ${run.outputSize - 1}.`);
  const fitting = { ...dataset, inputShape: run.inputShape };
  const rows = skipped.length === 0 ? fitting : subsetDataset(fitting, kept);
  return { name, dataset: rows, skipped: skipped.slice(0, 1000), numSkipped: skipped.length, note: "" };
}

/** Cuts an images file with its labels file straight after it into the two. */
function splitIdxPair(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const dimensions = bytes[3] ?? 0;
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) throw new DataFormatError("The sample is cut short.");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let length = 1;
  for (let i = 0; i < dimensions; i++) length *= view.getUint32(4 + 4 * i);
  return [bytes.subarray(0, headerBytes + length), bytes.subarray(headerBytes + length)];
}

async function readBytes(file: File): Promise<Uint8Array> {
  if (file.size > MAX_FILE_BYTES) throw new DataFormatError(`${file.name} is larger than 512 MB.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(plain).arrayBuffer());
  } catch {
    throw new DataFormatError(`${file.name} cannot be unpacked: it is cut short or damaged.`);
  }
}
