import { chmod, lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StoreFiles } from "../store/storeFiles.ts";
import { lockStore } from "../store/storeLock.ts";
import type { StorePorts } from "./copyStore.ts";

/**
 * Makes a folder that is there whole or not at all: `build` fills `<folder>.partial`, which takes its name once all of
 * it is on the disk. What a killed process left under that name is cleared first.
 * @throws Error if the folder exists and holds anything, or what has that name is not such a remainder; StoreLockedError
 * if another process is filling it.
 */
export async function publishFolder<T>(
  folder: string,
  { files, openSqlite }: StorePorts,
  build: (partial: string) => Promise<T>,
): Promise<T> {
  if ((await files.exists(folder)) && (await files.list(folder)).length > 0) {
    throw new Error(`${folder} expected a new or an empty folder, and it holds files; choose another`);
  }
  const partial = `${folder}.partial`;
  await assertRemainder(partial, files);
  await files.makeFolder(partial);
  await chmod(partial, 0o700); // an empty one may have been there, open to others; this fails if it is another's
  const unlock = lockStore(partial, openSqlite);
  try {
    for (const name of await files.list(partial)) {
      if (name !== "lock.db" && name !== "lock.pid") await files.removeFolder(join(partial, name));
    }
    const result = await build(partial);
    await files.remove(join(partial, "lock.pid"));
    await files.syncFolder(partial);
    if (process.platform === "win32") unlock(); // a folder with open files cannot be renamed there
    await files.rename(partial, folder);
    await files.syncFolder(dirname(folder));
    return result;
  } catch (error) {
    await files.removeFolder(partial);
    throw error;
  } finally {
    unlock();
  }
}

/** All that is in it will be cleared: it must be a folder that was locked for this, or an empty one, and lie here. */
async function assertRemainder(partial: string, files: StoreFiles): Promise<void> {
  if (!(await files.exists(partial))) return;
  if ((await lstat(partial)).isSymbolicLink())
    throw new Error(`${partial} is a link; remove it, or choose another name`);
  const names = await files.list(partial);
  if (names.length === 0 || names.includes("lock.db")) return;
  throw new Error(`${partial} is needed on the way, and holds files of others; move them, or choose another name`);
}
