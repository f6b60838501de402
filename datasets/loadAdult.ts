import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DataFormatError } from "../shared/data/dataFormatError.ts";
import { type AdultDatasets, adultDatasets } from "../shared/data/tabular/adultDatasets.ts";
import { readTextFile } from "./readTextFile.ts";

/** The Adult table from a folder with `adult.data` and `adult.test`, plain or gzip. @throws DataFormatError as `adultDatasets`. */
export async function loadAdult(folder: string): Promise<AdultDatasets> {
  const names = await readdir(folder);
  const read = (name: string): Promise<string> => {
    const found = names.find((file) => file === name || file === `${name}.gz`);
    if (found === undefined) throw new DataFormatError(`expected ${name} or ${name}.gz in ${folder}`);
    return readTextFile(join(folder, found));
  };
  return adultDatasets(await read("adult.data"), await read("adult.test"));
}
