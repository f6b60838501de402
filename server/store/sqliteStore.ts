import { join, resolve } from "node:path";
import { type ContentHash, contentHash } from "../../shared/base/hash.ts";
import { eventText, nextPosition } from "./chain.ts";
import { createGroupCommit, type GroupCommit } from "./groupCommit.ts";
import { type JournalDatabase, openJournalDatabase } from "./journalDatabase.ts";
import { type JournalEvent, parseJournalEvent } from "./journalEvent.ts";
import { nodeSha256 } from "./nodeSha256.ts";
import { loadSqlite, type OpenSqlite } from "./sqliteDatabase.ts";
import type { JournalPosition, Store } from "./store.ts";
import { StoreReadOnlyError } from "./storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "./storeFiles.ts";
import { lockStore } from "./storeLock.ts";
import { blobsIn, dropUnneeded, type Recovered, recoverStore } from "./storeRecovery.ts";
import { isMendable } from "./writeFailure.ts";

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

/** A group commit of some updates; a full disk has to have more room than this before the store writes again. */
const PROBE_BYTES = 1 << 18;

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

async function openLocked(options: Locked): Promise<Store> {
  const { directory, readOnly, files, openSqlite } = options;
  const path = join(directory, "journal.db");
  const openJournal = async () => {
    const numBlobs = readOnly ? 0 : (await blobsIn(directory, files)).length;
    return openJournalDatabase({ path, readOnly, files, openSqlite, numBlobs });
  };
  const journal = await openJournal();
  try {
    return createStore({
      ...options,
      ...(await recoverStore({ directory, journal, readOnly, files })),
      journal,
      openJournal,
    });
  } catch (error) {
    journal.close();
    throw error;
  }
}

interface Opened extends Recovered, Locked {
  readonly journal: JournalDatabase;
  readonly openJournal: () => Promise<JournalDatabase>;
}

function createStore(opened: Opened): Store {
  const { directory, ledger, blobs, files, readOnly, windowMs, unlock } = opened;
  let { journal, head } = opened;
  /** The last event that was appended, durable or not: what the next one is chained to. */
  let tail = head;
  let readOnlyReason = readOnly ? "it was opened for reading" : undefined;
  let canReopen = false;
  let reopening: Promise<boolean> | undefined;
  /** What the write that failed needed, at least. */
  let neededBytes = PROBE_BYTES;
  /** Deletions that are due; one that fails stays and is tried again after the next event. */
  const unneeded = new Set<ContentHash>();
  let cleaning = Promise.resolve();
  const puts = new Set<Promise<void>>();
  let isClosed = false;
  let commits = newCommits();

  function assertWritable(): void {
    if (readOnlyReason !== undefined) throw new StoreReadOnlyError(`${directory} takes no writes: ${readOnlyReason}`);
  }

  function failed(what: string, error: unknown): StoreReadOnlyError {
    const isFirst = readOnlyReason === undefined;
    const wasMendable = canReopen;
    canReopen = isMendable(error) && (isFirst || wasMendable);
    if (isFirst || (wasMendable && !canReopen)) {
      const mend = canReopen
        ? "free space or mend the disk, then it goes on by itself"
        : "check the disk, then start again";
      readOnlyReason = `${what} failed (${(error as Error).message}); ${mend}`;
    }
    return new StoreReadOnlyError(`${directory} takes no more writes: ${readOnlyReason}`, { cause: error });
  }

  async function clean(): Promise<void> {
    const deletions = [...unneeded].map(async (hash) => {
      if (ledger.mayDelete(hash)) await blobs.delete(hash);
      unneeded.delete(hash);
    });
    await Promise.allSettled(deletions); // what failed is still in `unneeded`, and collected at the next start at last
  }

  function newCommits(): GroupCommit<Pending> {
    return createGroupCommit({ windowMs, write });
  }

  function write(batch: readonly Pending[]): void {
    try {
      journal.insert(batch);
    } catch (error) {
      throw failed("writing the journal", error);
    }
    head = batch.at(-1);
    for (const { event } of batch) for (const hash of ledger.observe(event)) unneeded.add(hash);
    if (unneeded.size > 0) cleaning = cleaning.then(clean);
    try {
      journal.checkpointIfDue();
    } catch (error) {
      failed("moving the journal's log", error); // for the next writes: these events are durable
    }
  }

  /** @throws what keeps the store from writing again. */
  async function prepareToWrite(): Promise<void> {
    await Promise.allSettled(puts);
    commits.flush(); // what still waits fails as its batch did
    await cleaning;
    await probe(directory, neededBytes, files);
    journal.abandon();
    const fresh = await opened.openJournal();
    try {
      const [last, ...more] = fresh.read(head?.seq ?? 0);
      if (last?.hash !== head?.hash || more.length > 0) {
        throw new Error(`it expected to end in event ${head?.seq ?? "none"} as acknowledged, and does not`);
      }
      await blobs.recover();
      await dropUnneeded(blobs, ledger);
    } catch (error) {
      fresh.close();
      throw error;
    }
    journal.close();
    journal = fresh;
  }

  async function tryToReopen(): Promise<boolean> {
    try {
      await prepareToWrite();
    } catch (error) {
      failed("opening the journal again", error);
      return false;
    } finally {
      reopening = undefined;
    }
    if (isClosed) return false;
    tail = head;
    commits = newCommits();
    neededBytes = PROBE_BYTES;
    canReopen = false;
    readOnlyReason = undefined;
    return true;
  }

  return {
    get head() {
      return head && { seq: head.seq, hash: head.hash };
    },
    get readOnlyReason() {
      return readOnlyReason;
    },
    get canReopen() {
      return canReopen;
    },
    async reopen() {
      if (readOnlyReason === undefined) return true;
      if (!canReopen || isClosed) return false;
      reopening ??= tryToReopen();
      return reopening;
    },
    async append(input) {
      const event = parseJournalEvent(input);
      try {
        assertWritable();
        const text = eventText(event);
        const position = nextPosition(tail, text);
        tail = position;
        await commits.add({ ...position, event, text });
        return position;
      } catch (error) {
        ledger.release(event);
        throw error;
      }
    },
    *events(fromSeq = 0) {
      for (const { seq, hash, event } of journal.readChecked(fromSeq)) {
        // Beyond the head lies what a failed commit left in its transaction, or a running coordinator's news.
        if (head === undefined || seq > head.seq) return;
        yield { seq, hash, event };
      }
    },
    async putBlob(bytes, hash = contentHash(nodeSha256, bytes)) {
      assertWritable();
      const takeBack = ledger.expect(hash);
      const put = blobs.put(hash, bytes);
      puts.add(put);
      try {
        await put;
      } catch (error) {
        takeBack();
        neededBytes = Math.max(neededBytes, bytes.length);
        throw failed("writing a blob", error);
      } finally {
        puts.delete(put);
      }
      return hash;
    },
    getBlob: (hash) => blobs.get(hash),
    hasBlob: (hash) => blobs.has(hash),
    blobPath: blobs.path,
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
      await reopening;
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

/** Is there room for a write of this size, and does it reach the disk? @throws the error of the step that failed. */
async function probe(directory: string, numBytes: number, files: StoreFiles): Promise<void> {
  const path = join(directory, "probe.tmp");
  await files.remove(path);
  try {
    await files.writeNew(path, new Uint8Array(numBytes));
  } finally {
    await files.remove(path);
  }
}
