import { readFile } from "node:fs/promises";
import { type CsvDataset, type CsvOptions, parseCsvDataset } from "../shared/data/parseCsvDataset.ts";

/** A labelled dataset from a CSV file in UTF-8. @throws DataFormatError as `parseCsvDataset` does. */
export async function loadCsv(path: string, options: CsvOptions): Promise<CsvDataset> {
  return parseCsvDataset(await readFile(path, "utf8"), options);
}
