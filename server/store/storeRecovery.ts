import { join } from "node:path";
import type { ContentHash } from "../../shared/base/hash.ts";
import { type BlobLedger, createBlobLedger } from "./blobLedger.ts";
import { type BlobStore, createBlobStore } from "./blobStore.ts";
import type { JournalDatabase } from "./journalDatabase.ts";
import { lostJournal } from "./lostJournal.ts";
import type { JournalPosition } from "./store.ts";
import { CorruptStoreError } from "./storeErrors.ts";
import type { StoreFiles } from "./storeFiles.ts";

export interface RecoverOptions {
  readonly directory: string;
  readonly journal: JournalDatabase;
  /** Look only: another process may be writing. */
  readonly readOnly: boolean;
  readonly files: StoreFiles;
}

export interface Recovered {
  readonly head: JournalPosition | undefined;
  readonly ledger: BlobLedger;
  readonly blobs: BlobStore;
}

/**
 * Brings a directory back to what its journal says, however the last process ended: checks the chain from the first
 * event, removes half-written files and blobs that no event needs, makes sure that those it needs to go on are there.
 * @throws CorruptStoreError if the chain is broken, a needed blob is missing, or there are blobs of a run and no event.
 */
export async function recoverStore({ directory, journal, readOnly, files }: RecoverOptions): Promise<Recovered> {
  const ledger = createBlobLedger();
  let head: JournalPosition | undefined;
  for (const { seq, hash, event } of journal.read(0)) {
    ledger.observe(event);
    head = { seq, hash };
  }
  const blobs = createBlobStore(join(directory, "blobs"), files);
  if (readOnly) return { head, ledger, blobs };
  if (head === undefined) assertNoneLost(directory, (await blobsIn(directory, files)).length);
  await blobs.recover();
  for (const hash of ledger.vital()) {
    if (!(await blobs.has(hash))) {
      throw new CorruptStoreError(`${directory}/blobs expected ${hash}, which the run goes on from, and it is missing`);
    }
  }
  await dropUnneeded(blobs, ledger);
  // Durable before the next start's params are: a power cut must not leave both.
  if (head === undefined) await files.syncFolder(join(directory, "blobs"));
  await files.syncFolder(directory);
  return { head, ledger, blobs };
}

/** Whole blobs in a store's folder, whether or not it was ever opened. */
export async function blobsIn(directory: string, files: StoreFiles): Promise<ContentHash[]> {
  const folder = join(directory, "blobs");
  return (await files.exists(folder)) ? createBlobStore(folder, files).list() : [];
}

/**
 * A start stores its params, one blob, before its first event; every round leaves more. Where another process may be
 * writing, the blobs are to be counted before the events are read.
 * @throws CorruptStoreError if there are more beside a journal without events.
 */
export function assertNoneLost(directory: string, numBlobs: number): void {
  if (numBlobs > 1) throw lostJournal(join(directory, "journal.db"), numBlobs, "holds no event");
}

/** Deletes the blobs that no event needs or is going to name. */
export async function dropUnneeded(blobs: BlobStore, ledger: BlobLedger): Promise<void> {
  for (const hash of await blobs.list()) if (ledger.mayDelete(hash)) await blobs.delete(hash);
}
