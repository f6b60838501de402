import type { Rng } from "../../base/rng.ts";
import { DataFormatError } from "../dataFormatError.ts";
import type { Dataset } from "../dataset.ts";
import { stratifiedKFold } from "../split/stratifiedKFold.ts";
import { splitCells } from "./splitCells.ts";
import { encodeTable, fitTableEncoder, type TableColumn, type TableEncoder } from "./tableEncoder.ts";

export const HEART_HOSPITALS = ["cleveland", "hungarian", "switzerland", "va"] as const;

const COLUMNS: readonly TableColumn[] = [
  { name: "age", kind: "number" },
  { name: "sex", kind: "number" },
  { name: "cp", kind: "category" },
  { name: "trestbps", kind: "number" },
  { name: "chol", kind: "number" },
  { name: "fbs", kind: "number" },
  { name: "restecg", kind: "category" },
  { name: "thalach", kind: "number" },
  { name: "exang", kind: "number" },
  { name: "oldpeak", kind: "number" },
  { name: "slope", kind: "category" },
  { name: "ca", kind: "number" },
  { name: "thal", kind: "category" },
];

export interface HeartDatasets {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly encoder: TableEncoder;
}

/**
 * Heart disease in four hospitals: 13 attributes with gaps, label 1 for a diagnosis above 0; u8. `groups` is the hospital: a natural
 * split among four silos. A fifth of the patients is held out, alike in every hospital and for both labels. The encoding is learnt
 * from the training patients of all hospitals.
 * Source: Janosi, Steinbrunn, Pfisterer and Detrano 1989, "Heart Disease", UCI Machine Learning Repository; the processed files.
 * @param texts contents of the files, in the order of `HEART_HOSPITALS`.
 * @throws DataFormatError with the line for another number of cells, or for a diagnosis that is no number in 0 .. 4.
 */
export function heartDatasets(texts: readonly string[], rng: Rng): HeartDatasets {
  const patients = texts.flatMap((text, hospital) =>
    splitCells(text, COLUMNS.length + 1, `heart disease (${HEART_HOSPITALS[hospital] ?? hospital})`).map((cells) => ({
      hospital,
      // The files write one category as 3 and 3.0.
      attributes: cells.slice(0, -1).map((cell) => (/^-?\d+\.0+$/.test(cell) ? String(Number(cell)) : cell)),
      label: labelOf(cells.at(-1) as string),
    })),
  );
  const strata = patients.map(({ hospital, label }) => 2 * hospital + label);
  const [fold] = stratifiedKFold(strata, 5, rng);
  const of = (rows: Uint32Array) => Array.from(rows, (row) => patients[row] as (typeof patients)[number]);
  const [train, test] = [of(fold?.train as Uint32Array), of(fold?.test as Uint32Array)];
  const encoder = fitTableEncoder(
    COLUMNS,
    train.map(({ attributes }) => attributes),
  );
  const dataset = (part: typeof patients): Dataset => ({
    numExamples: part.length,
    inputShape: [encoder.width],
    inputs: encodeTable(
      encoder,
      part.map(({ attributes }) => attributes),
    ),
    targets: Uint8Array.from(part, ({ label }) => label),
    targetSize: 1,
    groups: Uint32Array.from(part, ({ hospital }) => hospital),
  });
  return { train: dataset(train), test: dataset(test), encoder };
}

function labelOf(cell: string): 0 | 1 {
  if (/^[0-4]$/.test(cell)) return cell === "0" ? 0 : 1;
  throw new DataFormatError(`heart disease diagnosis expected 0 .. 4, got "${cell.slice(0, 40)}"`);
}
