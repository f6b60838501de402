import { type ContentHash, isContentHash } from "../../shared/base/hash.ts";
import { sharedReads } from "../http/sharedReads.ts";
import type { Store } from "../store/store.ts";

/** Params that anybody may fetch by their hash; the store's other blobs are clients' updates. */
export interface PublishedParams {
  /** Of a blob that is durable. Forgets a few that the store has let go: a run may publish for months. */
  add(hash: ContentHash): void;
  /** undefined for what was never published, and for old params that the store has let go. */
  read(hash: string): Promise<Uint8Array | undefined>;
}

/** Old hashes looked at for each new one: with two, those that are gone come to be no more than those that are not. */
const LOOKS = 2;

export function createPublishedParams(
  store: Store,
  hashes: Iterable<ContentHash>,
  current: { readonly paramsHash: ContentHash; readonly paramsBytes: Uint8Array },
): PublishedParams {
  /** The first was looked at longest ago. */
  const published = new Set(hashes);
  /** Those that the store is being asked for. */
  const inQuestion = new Set<ContentHash>();
  const readOld = sharedReads(async (hash) => {
    if (!isContentHash(hash) || !published.has(hash) || !(await store.hasBlob(hash))) return undefined;
    return store.getBlob(hash);
  });

  async function look(hash: ContentHash): Promise<void> {
    published.delete(hash);
    published.add(hash);
    inQuestion.add(hash);
    const isHeld = await store.hasBlob(hash).catch(() => true); // whoever reads it is told what is wrong
    if (inQuestion.delete(hash) && !isHeld) published.delete(hash);
  }

  return {
    add(hash) {
      inQuestion.delete(hash); // an answer on its way may be older than the blob
      if (published.has(hash)) return;
      published.add(hash);
      for (let looks = 0; looks < LOOKS; looks++) void look(published.values().next().value as ContentHash);
    },
    read: async (hash) => (hash === current.paramsHash ? current.paramsBytes : readOld(hash)),
  };
}
