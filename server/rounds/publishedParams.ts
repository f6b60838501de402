import { type ContentHash, isContentHash } from "../../shared/base/hash.ts";
import { sharedReads } from "../http/sharedReads.ts";
import type { Store } from "../store/store.ts";

/** Params that anybody may fetch by their hash; the store's other blobs are clients' updates. */
export interface PublishedParams {
  add(hash: ContentHash): void;
  /** undefined for what was never published, and for old params that the store has let go. */
  read(hash: string): Promise<Uint8Array | undefined>;
}

export function createPublishedParams(
  store: Store,
  hashes: Iterable<string>,
  current: { readonly paramsHash: ContentHash; readonly paramsBytes: Uint8Array },
): PublishedParams {
  const published = new Set(hashes);
  const readOld = sharedReads(async (hash) => {
    if (!isContentHash(hash) || !published.has(hash) || !(await store.hasBlob(hash))) return undefined;
    return store.getBlob(hash);
  });
  return {
    add: (hash) => void published.add(hash),
    read: async (hash) => (hash === current.paramsHash ? current.paramsBytes : readOld(hash)),
  };
}
