import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CorruptStoreError } from "./storeErrors.ts";

/**
 * Blobs of a run lie beside a journal that names none: it was lost, in a copy or a restore that was cut short, and a new
 * one would let all of them go. A start that is killed leaves a journal that can be read, and at most one blob.
 */
export function lostJournal(path: string, numBlobs: number, state: string): CorruptStoreError {
  const folder = join(dirname(path), "blobs");
  return new CorruptStoreError(
    `${path} expected the events of the run whose ${numBlobs === 1 ? "blob lies" : `${numBlobs} blobs lie`} in ${folder}, ` +
      `and ${state}; nothing was deleted and no run begun in its place: to give that run up, delete ${folder}`,
  );
}

/**
 * To be asked before SQLite opens the file: it makes one that is missing, and deletes the log beside one that is empty.
 * @throws CorruptStoreError if the file is missing or empty although blobs lie beside it.
 */
export async function assertJournalThere(path: string, numBlobs: number): Promise<void> {
  if (numBlobs === 0) return;
  const numBytes = await sizeOf(path);
  if (numBytes === undefined) throw lostJournal(path, numBlobs, "is missing");
  if (numBytes === 0) throw lostJournal(path, numBlobs, "is an empty file");
}

/** Journals lie on the real disk whatever the store's files are: SQLite writes them itself. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
