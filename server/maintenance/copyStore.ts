import { join } from "node:path";
import type { ContentHash } from "../../shared/base/hash.ts";
import { type BlobStore, createBlobStore } from "../store/blobStore.ts";
import { type JournalDatabase, type JournalRow, openJournalDatabase } from "../store/journalDatabase.ts";
import { assertJournalThere } from "../store/lostJournal.ts";
import type { OpenSqlite } from "../store/sqliteDatabase.ts";
import type { JournalPosition } from "../store/store.ts";
import { CorruptStoreError, MissingBlobError } from "../store/storeErrors.ts";
import type { StoreFiles } from "../store/storeFiles.ts";
import { assertNoneLost, blobsIn } from "../store/storeRecovery.ts";
import { createKeptBlobs, type KeptBlobs } from "./keptBlobs.ts";

export interface StorePorts {
  readonly files: StoreFiles;
  readonly openSqlite: OpenSqlite;
}

export interface CopiedStore {
  /** The last event of the copy. */
  readonly head: JournalPosition | undefined;
  readonly numBlobs: number;
  readonly numBytes: number;
  /** Blobs that the run keeps and can go on without, and that were missing or damaged. */
  readonly leftOut: readonly ContentHash[];
}

/** Events that share one commit of the copy. */
const BATCH_EVENTS = 1000;

/**
 * Copies a store, checking the chain event by event and each blob by its hash on the way; then reads the copy back. The
 * store may be written to meanwhile: events are only ever added, and where its retention let go of a blob before it was
 * copied, a later event says so, and the copy goes on to that one.
 * @throws CorruptStoreError if the chain is broken, the journal was lost, or a blob that the run goes on from is damaged;
 * MissingBlobError if one is missing.
 */
export async function copyStore(from: string, to: string, ports: StorePorts): Promise<CopiedStore> {
  const { files } = ports;
  await files.makeFolder(join(to, "blobs"));
  const path = join(from, "journal.db");
  const { length: numBlobs } = await blobsIn(from, files); // before the journal is read: a run may be starting
  await assertJournalThere(path, numBlobs);
  const source = await openJournalDatabase({ path, readOnly: true, ...ports });
  try {
    const target = await openJournalDatabase({ path: join(to, "journal.db"), readOnly: false, ...ports });
    try {
      const copy = await copyContent({ source, target, blobs: createBlobStore(join(from, "blobs"), files), to, files });
      if (copy.head === undefined) assertNoneLost(from, numBlobs);
      target.checkpoint();
      target.pack();
      await files.syncFolder(join(to, "blobs"));
      await files.syncFolder(to);
      await readBack(to, copy, ports);
      const { head, blobs, leftOut } = copy;
      return { head, numBlobs: blobs.size, numBytes: [...blobs.values()].reduce((sum, n) => sum + n, 0), leftOut };
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

interface Content {
  readonly source: JournalDatabase;
  readonly target: JournalDatabase;
  readonly blobs: BlobStore;
  readonly to: string;
  readonly files: StoreFiles;
}

interface Copy {
  readonly head: JournalPosition | undefined;
  /** Those that were copied, with their size. */
  readonly blobs: ReadonlyMap<ContentHash, number>;
  readonly leftOut: readonly ContentHash[];
}

async function copyContent({ source, target, blobs, to, files }: Content): Promise<Copy> {
  const kept = createKeptBlobs();
  const copied = new Map<ContentHash, number>();
  let leftOut: readonly ContentHash[] = [];
  let head = copyEvents(source, target, undefined, kept);
  for (;;) {
    const lost: { readonly hash: ContentHash; readonly error: unknown }[] = [];
    for (const hash of kept.list()) {
      if (copied.has(hash)) continue;
      try {
        const bytes = await blobs.get(hash);
        await files.writeNew(join(to, "blobs", hash), bytes);
        copied.set(hash, bytes.length);
      } catch (error) {
        if (!(error instanceof MissingBlobError) && !(error instanceof CorruptStoreError)) throw error;
        lost.push({ hash, error });
      }
    }
    if (lost.length === 0) break;
    const next = copyEvents(source, target, head, kept);
    if (next?.seq === head?.seq) {
      // No event has let them go: they are missing, or damaged.
      for (const { hash, error } of lost) if (kept.isVital(hash)) throw error;
      leftOut = lost.map(({ hash }) => hash);
      break;
    }
    head = next;
  }
  for (const hash of [...copied.keys()]) {
    if (kept.has(hash)) continue;
    await files.remove(join(to, "blobs", hash));
    copied.delete(hash);
  }
  return { head, blobs: copied, leftOut };
}

/** Copies the events after `head`, and returns the new one. */
function copyEvents(
  source: JournalDatabase,
  target: JournalDatabase,
  head: JournalPosition | undefined,
  kept: KeptBlobs,
): JournalPosition | undefined {
  let batch: JournalRow[] = [];
  let last = head;
  const write = (): void => {
    if (batch.length > 0) target.insert(batch);
    batch = [];
  };
  for (const row of source.read(head === undefined ? 0 : head.seq + 1)) {
    kept.observe(row.event);
    batch.push(row);
    last = { seq: row.seq, hash: row.hash };
    if (batch.length === BATCH_EVENTS) write();
  }
  write();
  return last;
}

/** @throws CorruptStoreError if the copy is not what was copied. */
async function readBack(to: string, { head, blobs }: Copy, ports: StorePorts): Promise<void> {
  const journal = await openJournalDatabase({ path: join(to, "journal.db"), readOnly: true, ...ports });
  try {
    let last: JournalPosition | undefined;
    for (const row of journal.read(0)) last = row;
    if (last?.hash !== head?.hash) {
      throw new CorruptStoreError(`${to}/journal.db expected to end in event ${head?.seq}, got ${last?.seq}`);
    }
  } finally {
    journal.close();
  }
  const copies = createBlobStore(join(to, "blobs"), ports.files);
  for (const hash of blobs.keys()) await copies.get(hash);
}
