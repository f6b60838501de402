import { join } from "node:path";
import { type BlobLedger, createBlobLedger } from "./blobLedger.ts";
import { type BlobStore, createBlobStore } from "./blobStore.ts";
import type { JournalDatabase } from "./journalDatabase.ts";
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
 * @throws CorruptStoreError if the chain is broken or a needed blob is missing.
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
  await blobs.recover();
  for (const hash of ledger.vital()) {
    if (!(await blobs.has(hash))) {
      throw new CorruptStoreError(`${directory}/blobs expected ${hash}, which the run goes on from, and it is missing`);
    }
  }
  await dropUnneeded(blobs, ledger);
  await files.syncFolder(directory);
  return { head, ledger, blobs };
}

/** Deletes the blobs that no event needs or is going to name. */
export async function dropUnneeded(blobs: BlobStore, ledger: BlobLedger): Promise<void> {
  for (const hash of await blobs.list()) if (ledger.mayDelete(hash)) await blobs.delete(hash);
}
