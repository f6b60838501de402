import { join } from "node:path";
import type { StoreFiles } from "../store/storeFiles.ts";
import { blobsIn } from "../store/storeRecovery.ts";

/**
 * Where a data folder keeps its stores, from the folder: "" for its own, then those below `runs/`, in order of name.
 * Blobs alone are one too: its journal was lost, and passing over it would call what is left whole. A name with a dot in
 * front is a run that is being deleted.
 */
export async function storeFolders(directory: string, files: StoreFiles): Promise<string[]> {
  const holdsStore = async (folder: string): Promise<boolean> =>
    (await files.exists(join(directory, folder, "journal.db"))) ||
    (await blobsIn(join(directory, folder), files)).length > 0;
  const found = (await holdsStore("")) ? [""] : [];
  if (!(await files.exists(join(directory, "runs")))) return found;
  for (const name of [...(await files.list(join(directory, "runs")))].sort()) {
    if (!name.startsWith(".") && (await holdsStore(join("runs", name)))) found.push(join("runs", name));
  }
  return found;
}
