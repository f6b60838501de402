import { join, resolve } from "node:path";
import { loadSqlite } from "../store/sqliteDatabase.ts";
import { nodeStoreFiles, type StoreFiles } from "../store/storeFiles.ts";
import { encodeManifest, MANIFEST_NAME } from "./backupManifest.ts";
import { type CopiedStore, copyStore, type StorePorts } from "./copyStore.ts";
import { publishFolder } from "./publishFolder.ts";
import { storeFolders } from "./storeFolders.ts";

export interface BackupOptions {
  /** The data folder of a coordinator, running or stopped. */
  readonly directory: string;
  /** Where the backup goes: a folder that does not exist, or an empty one. */
  readonly to: string;
  /** Leave key and operator's token out: who restores such a backup needs the key from elsewhere to go on. */
  readonly withoutKey?: boolean;
  readonly nowMs: number;
  /** Ports; the platform's own when absent. */
  readonly ports?: Partial<StorePorts>;
}

export interface BackupReport {
  readonly stores: readonly (CopiedStore & { readonly path: string })[];
  readonly hasKey: boolean;
}

/**
 * Copies the journal, the blobs and the key of a coordinator, which may go on meanwhile. Every event and blob is checked
 * on the way and read back; the backup has its name only when it is whole.
 * @throws CorruptStoreError or MissingBlobError if what a run goes on from is damaged or missing; Error if there is no run.
 */
export async function backUp({
  directory,
  to,
  withoutKey = false,
  nowMs,
  ports,
}: BackupOptions): Promise<BackupReport> {
  const { files, openSqlite } = await storePorts(ports);
  const from = resolve(directory);
  return publishFolder(resolve(to), { files, openSqlite }, async (partial) => {
    const stores: (CopiedStore & { path: string })[] = [];
    for (const path of await storeFolders(from, files)) {
      try {
        stores.push({ path, ...(await copyStore(join(from, path), join(partial, path), { files, openSqlite })) });
      } catch (error) {
        // A deletion renames the whole folder; where only the journal is gone, it was lost.
        if (await files.exists(join(from, path))) throw error;
        await files.removeFolder(join(partial, path)); // the run was deleted meanwhile
      }
    }
    if (stores.length === 0) {
      throw new Error(
        `${from} expected the journal of one run at least, and holds none: there is nothing to back up; name the data ` +
          "folder of a coordinator (what serve was given as --data)",
      );
    }
    const hasKey = !withoutKey && (await copySecrets(from, partial, files));
    const manifest = {
      createdAt: new Date(nowMs).toISOString(),
      hasKey,
      stores: stores.map(({ path, head = null }) => ({ path, head })),
    };
    await files.writeNew(join(partial, MANIFEST_NAME), encodeManifest(manifest));
    return { stores, hasKey };
  });
}

/** Copies the coordinator's key and its operator's token, for their owner alone; returns whether there is a key. */
export async function copySecrets(from: string, to: string, files: StoreFiles): Promise<boolean> {
  const folder = join(from, "secrets");
  if (!(await files.exists(folder))) return false;
  const names = (await files.list(folder)).filter((name) => !name.endsWith(".tmp"));
  await files.makeFolder(join(to, "secrets"));
  for (const name of names) {
    const bytes = await files.read(join(folder, name));
    if (bytes !== undefined) await files.writeNew(join(to, "secrets", name), bytes);
  }
  await files.syncFolder(join(to, "secrets"));
  return names.includes("coordinator.seed");
}

export async function storePorts({ files, openSqlite }: Partial<StorePorts> = {}): Promise<StorePorts> {
  return { files: files ?? nodeStoreFiles, openSqlite: openSqlite ?? (await loadSqlite()) };
}
