import { join } from "node:path";
import { type ContentHash, contentHash, isContentHash } from "../../shared/base/hash.ts";
import { nodeSha256 } from "./nodeSha256.ts";
import { createSharedSync } from "./sharedSync.ts";
import { CorruptStoreError, MissingBlobError } from "./storeErrors.ts";
import type { StoreFiles } from "./storeFiles.ts";

/** Immutable byte strings, each in a file named by its content hash. */
export interface BlobStore {
  /** Makes the folder, removes what was left half-written, and makes sure that the names of whole files are durable. */
  recover(): Promise<void>;
  /** Resolves once the bytes, and their name, are durable. */
  put(hash: ContentHash, bytes: Uint8Array): Promise<void>;
  /** @throws MissingBlobError, or CorruptStoreError if the bytes do not match the hash. */
  get(hash: ContentHash): Promise<Uint8Array>;
  has(hash: ContentHash): Promise<boolean>;
  path(hash: ContentHash): string;
  delete(hash: ContentHash): Promise<void>;
  list(): Promise<ContentHash[]>;
}

const TEMPORARY = ".tmp";

/**
 * Blobs in one folder. A file appears under its hash only when it is complete: written and synced under a temporary
 * name, renamed, then the folder is synced, once for all files that were renamed while it was synced before. To be recovered before it is written to.
 */
export function createBlobStore(folder: string, files: StoreFiles): BlobStore {
  const pathOf = (hash: ContentHash): string => join(folder, hash);
  /** The last change under way for a hash: a put and a delete of the same bytes must not overtake each other. */
  const changes = new Map<ContentHash, Promise<void>>();
  let numTemporary = 0;
  const syncNames = createSharedSync(() => files.syncFolder(folder));

  function inOrder(hash: ContentHash, change: () => Promise<void>): Promise<void> {
    const last = changes.get(hash) ?? Promise.resolve();
    const next = last.then(change, change).finally(() => {
      if (changes.get(hash) === next) changes.delete(hash);
    });
    changes.set(hash, next);
    return next;
  }

  return {
    async recover() {
      await files.makeFolder(folder);
      for (const name of await files.list(folder)) {
        if (name.endsWith(TEMPORARY)) await files.remove(join(folder, name));
      }
      await files.syncFolder(folder); // a rename may not be durable yet: of a killed process, or before a failure
    },
    put: (hash, bytes) =>
      inOrder(hash, async () => {
        if (await files.exists(pathOf(hash))) return;
        const temporary = join(folder, `${numTemporary++}${TEMPORARY}`);
        await files.writeNew(temporary, bytes);
        await files.rename(temporary, pathOf(hash));
        await syncNames();
      }),
    async get(hash) {
      const bytes = await files.read(pathOf(hash));
      if (bytes === undefined) throw new MissingBlobError(`blob ${hash} is not in ${folder}`);
      const actual = contentHash(nodeSha256, bytes);
      if (actual !== hash) {
        throw new CorruptStoreError(
          `blob ${pathOf(hash)} expected the bytes of its name, got ${bytes.length} bytes with the hash ${actual}`,
        );
      }
      return bytes;
    },
    path: pathOf,
    has: (hash) => files.exists(pathOf(hash)),
    delete: (hash) => inOrder(hash, () => files.remove(pathOf(hash))),
    list: async () => (await files.list(folder)).filter(isContentHash),
  };
}
