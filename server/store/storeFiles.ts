import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The file system as the store sees it. A port, so that tests can make any of these steps fail. */
export interface StoreFiles {
  /** Creates the folder and its parents, for the owner alone, durably; nothing happens if it exists. */
  makeFolder(path: string): Promise<void>;
  /** Creates a file that must not exist, writes it, forces it to the disk. For the owner alone. */
  writeNew(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Forces the folder's entries (creations, renames, removals) to the disk. */
  syncFolder(path: string): Promise<void>;
  /** undefined if there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  exists(path: string): Promise<boolean>;
  /** Names of the entries, in no order. */
  list(path: string): Promise<readonly string[]>;
  /** Nothing happens if there is no such file. */
  remove(path: string): Promise<void>;
  /** With all that is in it; nothing happens if there is no such folder. */
  removeFolder(path: string): Promise<void>;
}

export const nodeStoreFiles: StoreFiles = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  },
  async writeNew(path, bytes) {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  syncFolder,
  async read(path) {
    const bytes = await unlessMissing(readFile(path));
    return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  },
  exists: async (path) => (await unlessMissing(stat(path))) !== undefined,
  list: (path) => readdir(path),
  remove: (path) => rm(path, { force: true }),
  removeFolder: (path) => rm(path, { force: true, recursive: true }),
};

async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return; // a folder cannot be opened there; NTFS journals its entries
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function unlessMissing<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
