import { csvRows } from "./csvRows.ts";
import { DataFormatError } from "./dataFormatError.ts";
import type { Dataset } from "./dataset.ts";

export interface CsvOptions {
  /** Name of the column that holds the class label; every other column is a numeric input, in file order. */
  readonly label: string;
  /** Labels in class order, for instance the run's; when absent they come from the file (see `classNames` below). */
  readonly classNames?: readonly string[];
  /** Most rows that are read; 1,000,000 when absent. */
  readonly maxRows?: number;
}

export interface SkippedRow {
  /** Row of data, counted from 1; the header is row 0. */
  readonly row: number;
  readonly reason: string;
}

export interface CsvDataset {
  readonly dataset: Dataset;
  /** Input columns, in the order of the inputs. */
  readonly columns: readonly string[];
  /** Name of each class. Whole-number labels are class numbers as they stand; other labels are sorted. */
  readonly classNames: readonly string[];
  /** Rows that cannot be used, and why: at most 1,000 are listed, `numSkipped` counts all. */
  readonly skipped: readonly SkippedRow[];
  readonly numSkipped: number;
}

const MAX_CLASSES = 10_000;
const MAX_LISTED = 1000;

/**
 * Reads a table with a header into labelled examples [numExamples, columns]. A row with a missing or non-numeric cell is
 * left out and reported, never guessed. Everything stays in memory; nothing is sent anywhere.
 * @throws DataFormatError if there is no header, no such label column, or no usable row.
 */
export function parseCsvDataset(text: string, options: CsvOptions): CsvDataset {
  const { label, maxRows = 1_000_000 } = options;
  const [header, ...rows] = csvRows(text.replace(/^\uFEFF/, ""), maxRows + 1);
  if (header === undefined) throw new DataFormatError("CSV expected a header line, got an empty file");
  const names = header.map((name) => name.trim());
  const labelAt = names.indexOf(label);
  if (labelAt < 0) {
    throw new DataFormatError(`CSV expected a label column "${label}", its columns are ${listed(names)}`);
  }
  const columns = names.filter((_, at) => at !== labelAt);
  if (columns.length === 0) throw new DataFormatError("CSV expected at least one column beside the label");

  const skipped: SkippedRow[] = [];
  let numSkipped = 0;
  const inputs = new Float32Array(rows.length * columns.length);
  const labels: string[] = [];
  for (const [at, cells] of rows.entries()) {
    const target = inputs.subarray(labels.length * columns.length, (labels.length + 1) * columns.length);
    const reason = readRow(cells, names, labelAt, target, options.classNames);
    if (reason === undefined) labels.push((cells[labelAt] as string).trim());
    else if (++numSkipped <= MAX_LISTED) skipped.push({ row: at + 1, reason });
  }
  if (labels.length === 0) {
    const first = skipped[0];
    throw new DataFormatError(
      `CSV expected at least one usable row, got none of ${rows.length}${first ? `; row ${first.row}: ${first.reason}` : ""}`,
    );
  }
  const classNames = options.classNames ?? namesOf(labels);
  const classOf = new Map(classNames.map((name, at) => [name, at]));
  const dataset: Dataset = {
    numExamples: labels.length,
    inputShape: [columns.length],
    inputs: inputs.slice(0, labels.length * columns.length),
    targets: Int32Array.from(labels, (name) => classOf.get(canonicalLabel(name)) ?? (classOf.get(name) as number)),
    targetSize: 1,
  };
  return { dataset, columns, classNames, skipped, numSkipped };
}

/** Fills `target` with the row's inputs; returns why the row cannot be used, or nothing. */
function readRow(
  cells: readonly string[],
  names: readonly string[],
  labelAt: number,
  target: Float32Array,
  classNames: readonly string[] | undefined,
): string | undefined {
  if (cells.length !== names.length) return `expected ${names.length} cells, got ${cells.length}`;
  let filled = 0;
  for (const [at, cell] of cells.entries()) {
    const trimmed = cell.trim();
    if (trimmed === "") return `"${names[at]}" is empty`;
    if (at === labelAt) {
      if (classNames && !classNames.includes(canonicalLabel(trimmed)) && !classNames.includes(trimmed)) {
        return `"${names[at]}" expected one of ${listed(classNames)}, got "${trimmed.slice(0, 40)}"`;
      }
      continue;
    }
    const value = Math.fround(Number(trimmed));
    if (!Number.isFinite(value)) return `"${names[at]}" expected a number, got "${trimmed.slice(0, 40)}"`;
    target[filled++] = value;
  }
  return undefined;
}

/** Class names of the labels met: 0 .. max if all are small whole numbers, otherwise the distinct ones, sorted. */
function namesOf(labels: readonly string[]): string[] {
  const distinct = [...new Set(labels)];
  if (distinct.every((name) => /^\d+(\.0*)?$/.test(name) && Number(name) < MAX_CLASSES)) {
    const highest = distinct.reduce((max, name) => Math.max(max, Number(name)), 0);
    return Array.from({ length: highest + 1 }, (_, at) => String(at));
  }
  if (distinct.length > MAX_CLASSES) {
    throw new DataFormatError(`CSV label column expected at most ${MAX_CLASSES} classes, got ${distinct.length}`);
  }
  return distinct.sort();
}

/** "3.0", as spreadsheets and pandas write whole numbers, means class 3. */
function canonicalLabel(name: string): string {
  return /^\d+\.0*$/.test(name) ? String(Number(name)) : name;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `"${name}"`);
  return names.length > shown.length ? `${shown.join(", ")} and ${names.length - shown.length} more` : shown.join(", ");
}
