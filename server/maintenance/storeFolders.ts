import { join } from "node:path";
import type { StoreFiles } from "../store/storeFiles.ts";

/**
 * Where a data folder keeps its stores, from the folder: "" for its own, then those below `runs/`, in order of name.
 * A name with a dot in front is a run that is being deleted.
 */
export async function storeFolders(directory: string, files: StoreFiles): Promise<string[]> {
  const holdsJournal = (folder: string) => files.exists(join(directory, folder, "journal.db"));
  const found = (await holdsJournal("")) ? [""] : [];
  if (!(await files.exists(join(directory, "runs")))) return found;
  for (const name of [...(await files.list(join(directory, "runs")))].sort()) {
    if (!name.startsWith(".") && (await holdsJournal(join("runs", name)))) found.push(join("runs", name));
  }
  return found;
}
