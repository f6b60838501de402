import { DataFormatError } from "../dataFormatError.ts";

/**
 * Cells of the rows of a UCI table: separated by commas and spaces, no header, no quotes; empty lines and lines that begin with
 * `|` (comments) are passed over.
 * @throws DataFormatError with the line for another number of cells.
 */
export function splitCells(text: string, numCells: number, what: string): string[][] {
  const rows: string[][] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("|")) continue;
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== numCells) {
      throw new DataFormatError(`${what} line ${at + 1} expected ${numCells} cells, got ${cells.length}`);
    }
    rows.push(cells);
  }
  if (rows.length === 0) throw new DataFormatError(`${what} expected at least one row, got an empty file`);
  return rows;
}
