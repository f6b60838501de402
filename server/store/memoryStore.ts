import { type ContentHash, contentHash } from "../../shared/base/hash.ts";
import { eventText, nextPosition } from "./chain.ts";
import { parseJournalEvent } from "./journalEvent.ts";
import { nodeSha256 } from "./nodeSha256.ts";
import type { Store, StoredEvent } from "./store.ts";
import { MissingBlobError, StoreReadOnlyError } from "./storeErrors.ts";

/** A store that forgets everything with the process: for simulation and tests. Blobs are kept until they are deleted. */
export function createMemoryStore(): Store {
  const journal: StoredEvent[] = [];
  const blobs = new Map<ContentHash, Uint8Array>();
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
    async append(event) {
      assertWritable();
      const text = eventText(parseJournalEvent(event));
      const position = nextPosition(journal.at(-1), text);
      journal.push({ ...position, event: JSON.parse(text) });
      return position;
    },
    *events(fromSeq = 0) {
      for (let seq = fromSeq; seq < journal.length; seq++) yield journal[seq] as StoredEvent;
    },
    async putBlob(bytes) {
      assertWritable();
      const hash = contentHash(nodeSha256, bytes);
      if (!blobs.has(hash)) blobs.set(hash, bytes.slice());
      return hash;
    },
    async getBlob(hash) {
      const bytes = blobs.get(hash);
      if (bytes === undefined) throw new MissingBlobError(`blob ${hash} is not in this store`);
      return bytes.slice();
    },
    hasBlob: async (hash) => blobs.has(hash),
    async deleteBlob(hash) {
      blobs.delete(hash);
      return true;
    },
    async close() {
      readOnlyReason ??= "the store was closed";
    },
  };
}
