import type { ContentHash } from "../../shared/base/hash.ts";
import type { JournalEvent } from "./journalEvent.ts";
import { namedBlobs } from "./namedBlobs.ts";
import { createRetention } from "./retention.ts";

/** Which blobs may go: none that retention needs, and none that was just stored and waits for its event. */
export interface BlobLedger {
  /** A blob is being stored; it stays until an event names it, or until the returned function takes that back. */
  expect(hash: ContentHash): () => void;
  /** The event that was to name these blobs was not written: nothing waits for them any more. */
  release(event: JournalEvent): void;
  /** Takes the next durable event; returns the blobs that may be deleted now. */
  observe(event: JournalEvent): ContentHash[];
  mayDelete(hash: ContentHash): boolean;
  /** Blobs without which the run cannot go on. */
  vital(): ContentHash[];
}

export function createBlobLedger(): BlobLedger {
  const retention = createRetention();
  const expected = new Map<ContentHash, number>();

  function settle(hash: ContentHash): void {
    const left = (expected.get(hash) ?? 0) - 1;
    if (left > 0) expected.set(hash, left);
    else expected.delete(hash);
  }
  const settleAll = (event: JournalEvent): void => namedBlobs(event).forEach(settle);
  const mayDelete = (hash: ContentHash): boolean => !expected.has(hash) && !retention.needs(hash);

  return {
    expect(hash) {
      expected.set(hash, (expected.get(hash) ?? 0) + 1);
      return () => settle(hash);
    },
    release: settleAll,
    observe(event) {
      const unused = retention.observe(event);
      settleAll(event);
      return unused.filter(mayDelete);
    },
    mayDelete,
    vital: () => retention.vital(),
  };
}
