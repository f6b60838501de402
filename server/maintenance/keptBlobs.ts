import type { ContentHash } from "../../shared/base/hash.ts";
import { createBlobLedger } from "../store/blobLedger.ts";
import type { JournalEvent } from "../store/journalEvent.ts";
import { namedBlobs } from "../store/namedBlobs.ts";

/** Which blobs a journal keeps, for who looks at a store from outside. */
export interface KeptBlobs {
  observe(event: JournalEvent): void;
  /** Those that the run goes on from come first. */
  list(): ContentHash[];
  isVital(hash: ContentHash): boolean;
  has(hash: ContentHash): boolean;
}

export function createKeptBlobs(): KeptBlobs {
  const ledger = createBlobLedger();
  const named = new Set<ContentHash>();
  const has = (hash: ContentHash): boolean => !ledger.mayDelete(hash);
  return {
    observe(event) {
      for (const hash of namedBlobs(event)) named.add(hash);
      for (const hash of ledger.observe(event)) named.delete(hash);
    },
    list: () => [...new Set([...ledger.vital(), ...named])].filter(has),
    isVital: (hash) => ledger.vital().includes(hash),
    has,
  };
}
