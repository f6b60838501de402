import { join, resolve } from "node:path";
import { type ContentHash, contentHash } from "../../shared/base/hash.ts";
import { eventText, nextPosition } from "./chain.ts";
import { createGroupCommit } from "./groupCommit.ts";
import { type JournalDatabase, openJournalDatabase } from "./journalDatabase.ts";
import { type JournalEvent, parseJournalEvent } from "./journalEvent.ts";
import { nodeSha256 } from "./nodeSha256.ts";
import { loadSqlite, type OpenSqlite } from "./sqliteDatabase.ts";
import type { JournalPosition, Store } from "./store.ts";
import { StoreReadOnlyError } from "./storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "./storeFiles.ts";
import { lockStore } from "./storeLock.ts";
import { type Recovered, recoverStore } from "./storeRecovery.ts";

export interface OpenStoreOptions {
  /** Made if it does not exist. On a local disk: network file systems do not keep locks and syncs reliably. */
  readonly directory: string;
  /** Reads a store, also while a coordinator writes to it: takes no lock and changes nothing. */
  readonly readOnly?: boolean;
  /** How long an append may wait for others to share its commit, in milliseconds; 2 when absent. */
  readonly windowMs?: number;
  /** Ports; the platform's own when absent. */
  readonly files?: StoreFiles;
  readonly openSqlite?: OpenSqlite;
}

interface Pending extends JournalPosition {
  readonly event: JournalEvent;
  readonly text: string;
}

/**
 * Opens the store in a directory: `journal.db` (SQLite in WAL mode, every commit synced), `blobs/`, and the lock.
 * Checks the whole chain, removes what a killed process left behind, lets go of blobs that nothing needs.
 * @throws StoreLockedError if a running process has it, CorruptStoreError if what it holds is damaged.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { readOnly = false, windowMs = 2, files = nodeStoreFiles } = options;
  const directory = resolve(options.directory);
  const openSqlite = options.openSqlite ?? (await loadSqlite());
  if (!readOnly) await files.makeFolder(directory);
  const unlock = readOnly ? () => {} : lockStore(directory, openSqlite);
  try {
    return await openLocked({ directory, readOnly, windowMs, files, openSqlite, unlock });
  } catch (error) {
    unlock();
    throw error;
  }
}

interface Locked extends Required<OpenStoreOptions> {
  readonly unlock: () => void;
}

async function openLocked({ directory, readOnly, windowMs, files, openSqlite, unlock }: Locked): Promise<Store> {
  const journal = await openJournalDatabase({ path: join(directory, "journal.db"), readOnly, files, openSqlite });
  try {
    const recovered = await recoverStore({ directory, journal, readOnly, files });
    return createStore({ directory, journal, ...recovered, readOnly, windowMs, unlock });
  } catch (error) {
    journal.close();
    throw error;
  }
}

interface Opened extends Recovered {
  readonly directory: string;
  readonly journal: JournalDatabase;
  readonly readOnly: boolean;
  readonly windowMs: number;
  readonly unlock: () => void;
}

function createStore({ directory, journal, ledger, blobs, head: last, readOnly, windowMs, unlock }: Opened): Store {
  let head = last;
  /** The last event that was appended, durable or not: what the next one is chained to. */
  let tail = last;
  let readOnlyReason = readOnly ? "it was opened for reading" : undefined;
  /** Deletions that are due; one that fails stays and is tried again after the next event. */
  const unneeded = new Set<ContentHash>();
  let cleaning = Promise.resolve();
  const puts = new Set<Promise<void>>();
  let isClosed = false;

  function assertWritable(): void {
    if (readOnlyReason !== undefined) throw new StoreReadOnlyError(`${directory} takes no writes: ${readOnlyReason}`);
  }

  function failed(what: string, error: unknown): StoreReadOnlyError {
    readOnlyReason ??= `${what} failed (${(error as Error).message}); free space or mend the disk, then start again`;
    return new StoreReadOnlyError(`${directory} takes no more writes: ${readOnlyReason}`, { cause: error });
  }

  async function clean(): Promise<void> {
    const deletions = [...unneeded].map(async (hash) => {
      if (ledger.mayDelete(hash)) await blobs.delete(hash);
      unneeded.delete(hash);
    });
    await Promise.allSettled(deletions); // what failed is still in `unneeded`, and collected at the next start at last
  }

  const commits = createGroupCommit<Pending>({
    windowMs,
    write(batch) {
      try {
        journal.insert(batch);
      } catch (error) {
        throw failed("writing the journal", error);
      }
      head = batch.at(-1);
      for (const { event } of batch) for (const hash of ledger.observe(event)) unneeded.add(hash);
      if (unneeded.size > 0) cleaning = cleaning.then(clean);
    },
  });

  return {
    get head() {
      return head && { seq: head.seq, hash: head.hash };
    },
    get readOnlyReason() {
      return readOnlyReason;
    },
    async append(input) {
      assertWritable();
      const event = parseJournalEvent(input);
      const text = eventText(event);
      const position = nextPosition(tail, text);
      tail = position;
      await commits.add({ ...position, event, text });
      return position;
    },
    *events(fromSeq = 0) {
      for (const stored of journal.read(fromSeq)) {
        // Beyond the head lies what a failed commit left in its transaction, or a running coordinator's news.
        if (head === undefined || stored.seq > head.seq) return;
        yield stored;
      }
    },
    async putBlob(bytes) {
      assertWritable();
      const hash = contentHash(nodeSha256, bytes);
      const takeBack = ledger.expect(hash);
      const put = blobs.put(hash, bytes);
      puts.add(put);
      try {
        await put;
      } catch (error) {
        takeBack();
        throw failed("writing a blob", error);
      } finally {
        puts.delete(put);
      }
      return hash;
    },
    getBlob: (hash) => blobs.get(hash),
    hasBlob: (hash) => blobs.has(hash),
    async deleteBlob(hash) {
      assertWritable();
      if (!ledger.mayDelete(hash)) return false;
      await blobs.delete(hash);
      return true;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      const closing = "it was closed";
      readOnlyReason ??= closing;
      await Promise.allSettled(puts); // whoever stores them hears of a failure
      commits.flush();
      await cleaning;
      try {
        if (readOnlyReason === closing) journal.checkpoint(); // not after a failed write: leave the files as they are
      } finally {
        journal.close();
        unlock();
      }
    },
  };
}
