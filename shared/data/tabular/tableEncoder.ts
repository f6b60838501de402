import { DataFormatError } from "../dataFormatError.ts";

/** A column of a table that becomes inputs. */
export interface TableColumn {
  readonly name: string;
  readonly kind: "number" | "category";
}

/** How each column becomes inputs, as plain JSON: made from training rows, used for all others. */
export interface TableEncoder {
  readonly columns: readonly EncodedColumn[];
  /** Inputs of a row. */
  readonly width: number;
}

export type EncodedColumn =
  /** (value - mean) / stdDev, 0 where it is missing; then, if any training row lacked it, 1 where it is missing, else 0. */
  | {
      readonly name: string;
      readonly kind: "number";
      readonly mean: number;
      readonly stdDev: number;
      readonly marksMissing: boolean;
    }
  /** One-hot over the categories; all 0 for a missing or unknown one. */
  | { readonly name: string; readonly kind: "category"; readonly categories: readonly string[] };

/** What a missing cell holds. */
const MISSING = new Set(["?", ""]);

/**
 * Learns the encoding of a table: mean and (population) standard deviation of numbers, the sorted categories of the rest.
 * @throws DataFormatError for a cell that is no number in a column of numbers, or no rows at all.
 */
export function fitTableEncoder(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): TableEncoder {
  if (rows.length === 0) throw new DataFormatError("table expected at least one row, got none");
  const encoded = columns.map(({ name, kind }, at): EncodedColumn => {
    const cells = rows.map((row) => row[at] ?? "");
    const present = cells.filter((cell) => !MISSING.has(cell));
    if (kind === "category") return { name, kind, categories: [...new Set(present)].sort() };
    const values = present.map((cell) => numberOf(name, cell));
    const count = Math.max(1, values.length);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / count;
    // A constant column says nothing; any divisor but 0 makes it 0.
    return { name, kind, mean, stdDev: Math.sqrt(variance) || 1, marksMissing: present.length < cells.length };
  });
  return { columns: encoded, width: encoded.reduce((sum, column) => sum + widthOf(column), 0) };
}

/**
 * Encodes rows: [rows, encoder.width] f32.
 * @throws DataFormatError for a row of another number of cells, or a cell that is no number in a column of numbers.
 */
export function encodeTable(encoder: TableEncoder, rows: readonly (readonly string[])[]): Float32Array {
  const { columns, width } = encoder;
  const inputs = new Float32Array(rows.length * width);
  for (const [row, cells] of rows.entries()) {
    if (cells.length !== columns.length) {
      throw new DataFormatError(`table row ${row + 1} expected ${columns.length} cells, got ${cells.length}`);
    }
    let start = row * width;
    for (const [at, column] of columns.entries()) {
      encodeCell(column, cells[at] as string, inputs.subarray(start, start + widthOf(column)));
      start += widthOf(column);
    }
  }
  return inputs;
}

function encodeCell(column: EncodedColumn, cell: string, target: Float32Array): void {
  const isMissing = MISSING.has(cell);
  if (column.kind === "category") {
    const category = column.categories.indexOf(cell);
    if (category >= 0) target[category] = 1;
    return;
  }
  if (!isMissing) target[0] = (numberOf(column.name, cell) - column.mean) / column.stdDev;
  if (isMissing && column.marksMissing) target[1] = 1;
}

function widthOf(column: EncodedColumn): number {
  if (column.kind === "category") return column.categories.length;
  return column.marksMissing ? 2 : 1;
}

function numberOf(name: string, cell: string): number {
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  throw new DataFormatError(`table column "${name}" expected a number or "?", got "${cell.slice(0, 40)}"`);
}
