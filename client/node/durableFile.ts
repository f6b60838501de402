import { open } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes to a file of mode 0600, a new one ("wx") or the end of one ("a"); all of it is on the disk once this resolves. */
export async function writeDurably(path: string, flag: "wx" | "a", data: string | Uint8Array): Promise<void> {
  const file = await open(path, flag, 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Forces to the disk which file lies under the path. */
export async function syncFolderOf(path: string): Promise<void> {
  if (process.platform === "win32") return; // a folder cannot be opened there
  const handle = await open(dirname(path), "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
