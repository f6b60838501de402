import { DataFormatError } from "../dataFormatError.ts";
import type { Dataset } from "../dataset.ts";
import { splitCells } from "./splitCells.ts";
import { encodeTable, fitTableEncoder, type TableColumn, type TableEncoder } from "./tableEncoder.ts";

const COLUMNS: readonly TableColumn[] = [
  { name: "age", kind: "number" },
  { name: "workclass", kind: "category" },
  { name: "fnlwgt", kind: "number" },
  { name: "education", kind: "category" },
  { name: "education-num", kind: "number" },
  { name: "marital-status", kind: "category" },
  { name: "occupation", kind: "category" },
  { name: "relationship", kind: "category" },
  { name: "race", kind: "category" },
  { name: "sex", kind: "category" },
  { name: "capital-gain", kind: "number" },
  { name: "capital-loss", kind: "number" },
  { name: "hours-per-week", kind: "number" },
  { name: "native-country", kind: "category" },
];
const OCCUPATION = COLUMNS.findIndex(({ name }) => name === "occupation");

export interface AdultDatasets {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly encoder: TableEncoder;
  /** Group g of both datasets is `occupations[g]`; "?" where it is not known. */
  readonly occupations: readonly string[];
}

/**
 * The Adult census table: 14 attributes, encoded by what the training rows say, label 1 for an income above 50,000 dollars; u8.
 * `groups` is the occupation.
 * Source: Becker and Kohavi 1996, "Adult", UCI Machine Learning Repository; `adult.data` and `adult.test`.
 * @throws DataFormatError with the line for another number of cells, or for a label that is none.
 */
export function adultDatasets(trainText: string, testText: string): AdultDatasets {
  const trainRows = splitCells(trainText, COLUMNS.length + 1, "adult");
  const testRows = splitCells(testText, COLUMNS.length + 1, "adult");
  const attributes = (rows: readonly (readonly string[])[]) => rows.map((row) => row.slice(0, COLUMNS.length));
  const encoder = fitTableEncoder(COLUMNS, attributes(trainRows));
  const occupations = [...new Set([...trainRows, ...testRows].map((row) => row[OCCUPATION] as string))].sort();
  const dataset = (rows: readonly (readonly string[])[]): Dataset => ({
    numExamples: rows.length,
    inputShape: [encoder.width],
    inputs: encodeTable(encoder, attributes(rows)),
    targets: Uint8Array.from(rows, (row) => labelOf(row[COLUMNS.length] as string)),
    targetSize: 1,
    groups: Uint32Array.from(rows, (row) => occupations.indexOf(row[OCCUPATION] as string)),
  });
  return { train: dataset(trainRows), test: dataset(testRows), encoder, occupations };
}

/** Labels of the test file end in a dot. */
function labelOf(cell: string): 0 | 1 {
  if (cell === ">50K" || cell === ">50K.") return 1;
  if (cell === "<=50K" || cell === "<=50K.") return 0;
  throw new DataFormatError(`adult label expected ">50K" or "<=50K", got "${cell.slice(0, 40)}"`);
}
