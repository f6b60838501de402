import { join, resolve } from "node:path";
import { StoreLockedError } from "../store/storeErrors.ts";
import type { StoreFiles } from "../store/storeFiles.ts";
import { lockStore } from "../store/storeLock.ts";
import { storePorts } from "./backup.ts";
import { MANIFEST_NAME } from "./backupManifest.ts";
import { removable } from "./checkBlobs.ts";
import { checkClock, checkDisk, checkKey, checkPermissions } from "./checkFolder.ts";
import { checkStore } from "./checkStore.ts";
import type { StorePorts } from "./copyStore.ts";
import type { Finding } from "./finding.ts";
import { storeFolders } from "./storeFolders.ts";

export interface DoctorOptions {
  /** The data folder of a coordinator, running or stopped, or a backup. */
  readonly directory: string;
  /** Remove what nobody needs and close what is open to others; nothing that a run needs is ever changed. */
  readonly repair?: boolean;
  readonly nowMs: number;
  /** Ports; the platform's own when absent. */
  readonly ports?: Partial<StorePorts>;
}

type ToldFinding = Omit<Finding, "repair"> & { readonly isRepaired: boolean };

export interface DoctorReport {
  /** True unless an error was found. */
  readonly ok: boolean;
  readonly findings: readonly ToldFinding[];
}

/** Looks at all that a coordinator keeps. Holds its lock while it looks, so that none starts meanwhile. */
export async function examine({ directory, repair = false, nowMs, ports }: DoctorOptions): Promise<DoctorReport> {
  const resolved = await storePorts(ports);
  const { files } = resolved;
  const root = resolve(directory);
  const folders = (await storeFolders(root, files)).map((path) => join(root, path));
  if (folders.length === 0)
    throw new Error(`${root} expected the data folder of a coordinator, or a backup: no journal`);

  const told: ToldFinding[] = [];
  const tell = async (...findings: readonly Finding[]): Promise<void> => {
    for (const { repair: mendIt, ...finding } of findings) {
      if (repair) await mendIt?.();
      told.push({ ...finding, isRepaired: repair && mendIt !== undefined });
    }
  };
  const isBackup = await files.exists(join(root, MANIFEST_NAME));
  const runs = folders.length === 1 ? "one run" : `${folders.length} runs`;
  await tell({
    check: "folder",
    level: "ok",
    message: `${root}: ${isBackup ? "a backup" : "a data folder"} of ${runs}`,
  });
  const locks: Lock[] = [];
  try {
    const runKeys = new Set<string>();
    const journals: string[] = [];
    for (const folder of folders) {
      const lock = await takeLock(folder, resolved);
      locks.push(lock);
      const { findings, coordinatorKey } = await checkStore(folder, lock.isRunning, resolved);
      await tell(lock.finding, ...findings);
      if (coordinatorKey !== undefined) runKeys.add(coordinatorKey);
      if (await files.exists(join(folder, "journal.db"))) journals.push(join(folder, "journal.db"));
    }
    if (!locks.some(({ isRunning }) => isRunning)) {
      for (const place of [...folders, join(root, "secrets")]) await tell(...(await leftovers(place, files)));
    }
    await tell(await checkKey(root, runKeys, files));
    await tell(...(await checkPermissions(root, files)));
    await tell(await checkDisk(root));
    await tell(await checkClock(journals, nowMs));
  } finally {
    for (const { release } of locks) release();
  }
  return { ok: told.every(({ level }) => level !== "error"), findings: told };
}

interface Lock {
  readonly isRunning: boolean;
  readonly finding: Finding;
  release(): void;
}

/** A folder that no coordinator has opened, such as a backup, has no lock, and gets none. */
async function takeLock(folder: string, { files, openSqlite }: StorePorts): Promise<Lock> {
  const free: Finding = { check: "lock", level: "ok", message: `${folder}: no coordinator is running` };
  if (!(await files.exists(join(folder, "lock.db")))) return { isRunning: false, finding: free, release() {} };
  try {
    return { isRunning: false, finding: free, release: lockStore(folder, openSqlite) };
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    const message = `${error.message.split(";")[0]}: what is being written now was not looked at`;
    return { isRunning: true, finding: { check: "lock", level: "ok", message }, release() {} };
  }
}

/** Temporary files of a process that was killed outside the blobs. */
async function leftovers(place: string, files: StoreFiles): Promise<Finding[]> {
  const names = (await files.exists(place)) ? (await files.list(place)).filter((name) => name.endsWith(".tmp")) : [];
  if (names.length === 0) return [];
  return [removable("folder", `${place}: ${names.join(", ")} left by a killed process`, place, names, files)];
}
