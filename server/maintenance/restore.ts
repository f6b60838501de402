import { join, resolve } from "node:path";
import { CorruptStoreError } from "../store/storeErrors.ts";
import { copySecrets, storePorts } from "./backup.ts";
import { MANIFEST_NAME, parseManifest } from "./backupManifest.ts";
import { type CopiedStore, copyStore, type StorePorts } from "./copyStore.ts";
import { publishFolder } from "./publishFolder.ts";

export interface RestoreOptions {
  /** What `backUp` made. */
  readonly from: string;
  /** The new data folder: one that does not exist, or an empty one. */
  readonly directory: string;
  /** Ports; the platform's own when absent. */
  readonly ports?: Partial<StorePorts>;
}

export interface RestoreReport {
  readonly stores: readonly (CopiedStore & { readonly path: string })[];
  readonly hasKey: boolean;
  /** When the backup was begun, ISO 8601. */
  readonly createdAt: string;
}

/**
 * Makes a data folder of a backup, checked like the backup was. What happened after the backup is not in it: a client's
 * receipt for a later update names an event that the restored run does not have.
 * @throws CorruptStoreError or MissingBlobError if the backup is damaged; Error if there is none.
 */
export async function restore({ from, directory, ports }: RestoreOptions): Promise<RestoreReport> {
  const { files, openSqlite } = await storePorts(ports);
  const source = resolve(from);
  const bytes = await files.read(join(source, MANIFEST_NAME));
  if (bytes === undefined) {
    throw new Error(
      `${source} expected a backup that is whole (it holds a ${MANIFEST_NAME}); headwater backup makes one`,
    );
  }
  const { stores, createdAt } = parseManifest(bytes, join(source, MANIFEST_NAME));
  return publishFolder(resolve(directory), { files, openSqlite }, async (partial) => {
    const copied: (CopiedStore & { path: string })[] = [];
    for (const { path, head } of stores) {
      const copy = await copyStore(join(source, path), join(partial, path), { files, openSqlite });
      if (copy.head?.hash !== head?.hash) {
        throw new CorruptStoreError(
          `${join(source, path)} expected to end in event ${head?.seq ?? "none"}, got ${copy.head?.seq ?? "none"}`,
        );
      }
      copied.push({ path, ...copy });
    }
    return { stores: copied, hasKey: await copySecrets(source, partial, files), createdAt };
  });
}
