import { type LabelledTexts, parseLabelledTexts } from "../shared/data/text/parseLabelledTexts.ts";
import { readTextFile } from "./readTextFile.ts";

/** Lines `label<TAB>text` of a file, for instance the SMS Spam Collection. @throws DataFormatError as `parseLabelledTexts`. */
export async function loadLabelledTexts(path: string): Promise<LabelledTexts> {
  return parseLabelledTexts(await readTextFile(path));
}
