import { type ContentHash, contentHash } from "../../shared/base/hash.ts";
import { createBlobLedger } from "./blobLedger.ts";
import { eventText, nextPosition } from "./chain.ts";
import { parseJournalEvent } from "./journalEvent.ts";
import { nodeSha256 } from "./nodeSha256.ts";
import type { Store, StoredEvent } from "./store.ts";
import { MissingBlobError, StoreReadOnlyError } from "./storeErrors.ts";

/** A store that forgets everything with the process, and keeps blobs as a durable one does: for tests and simulation. */
export function createMemoryStore(): Store {
  const journal: StoredEvent[] = [];
  const blobs = new Map<ContentHash, Uint8Array>();
  const ledger = createBlobLedger();
  let readOnlyReason: string | undefined;

  function assertWritable(): void {
    if (readOnlyReason !== undefined) throw new StoreReadOnlyError(readOnlyReason);
  }

  return {
    get head() {
      const last = journal.at(-1);
      return last && { seq: last.seq, hash: last.hash };
    },
    get readOnlyReason() {
      return readOnlyReason;
    },
    canReopen: false,
    reopen: async () => readOnlyReason === undefined,
    async append(event) {
      assertWritable();
      const parsed = parseJournalEvent(event);
      const text = eventText(parsed);
      const position = nextPosition(journal.at(-1), text);
      journal.push({ ...position, event: JSON.parse(text) });
      for (const hash of ledger.observe(parsed)) blobs.delete(hash);
      return position;
    },
    *events(fromSeq = 0) {
      for (let seq = fromSeq; seq < journal.length; seq++) yield journal[seq] as StoredEvent;
    },
    async putBlob(bytes, hash = contentHash(nodeSha256, bytes)) {
      assertWritable();
      ledger.expect(hash);
      if (!blobs.has(hash)) blobs.set(hash, new Uint8Array(bytes));
      return hash;
    },
    async getBlob(hash) {
      const bytes = blobs.get(hash);
      if (bytes === undefined) throw new MissingBlobError(`blob ${hash} is not in this store`);
      return new Uint8Array(bytes);
    },
    hasBlob: async (hash) => blobs.has(hash),
    blobPath: () => undefined,
    async deleteBlob(hash) {
      assertWritable();
      if (!ledger.mayDelete(hash)) return false;
      blobs.delete(hash);
      return true;
    },
    async close() {
      readOnlyReason ??= "the store was closed";
    },
  };
}
