import { dirname, join } from "node:path";
import { lockStore } from "../store/storeLock.ts";
import type { StorePorts } from "./copyStore.ts";

/**
 * Makes a folder that is there whole or not at all: `build` fills `<folder>.partial`, which takes its name once all of
 * it is on the disk. What a killed process left under that name is cleared first.
 * @throws Error if the folder exists and holds anything, StoreLockedError if another process is filling it.
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
  await files.makeFolder(partial);
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
