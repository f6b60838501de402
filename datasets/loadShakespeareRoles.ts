import { parseRoles } from "../shared/data/text/parseRoles.ts";
import { type RoleDatasets, roleDatasets } from "../shared/data/text/roleDatasets.ts";
import type { TextDatasetsOptions } from "../shared/data/text/textDatasets.ts";
import { readTextFile } from "./readTextFile.ts";

/** Next-character prediction with a client a speaking role, from JSON lines, plain or gzip. @throws DataFormatError as `parseRoles`. */
export async function loadShakespeareRoles(path: string, options: TextDatasetsOptions = {}): Promise<RoleDatasets> {
  return roleDatasets(parseRoles(await readTextFile(path)), options);
}
