import { DataFormatError } from "../shared/data/dataFormatError.ts";
import { type TextDatasets, type TextDatasetsOptions, textDatasets } from "../shared/data/text/textDatasets.ts";
import { readTextFile } from "./readTextFile.ts";

/** Next-character prediction over a text file, plain or gzip. @throws DataFormatError if it is empty or no UTF-8. */
export async function loadText(path: string, options: TextDatasetsOptions = {}): Promise<TextDatasets> {
  const datasets = textDatasets(await readTextFile(path), options);
  if (datasets.train.numExamples > 0) return datasets;
  throw new DataFormatError(`${path} expected a text of at least two characters to train on`);
}
