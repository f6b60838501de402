import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { loadSqlite, type OpenSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { JournalPosition, Store } from "../../../server/store/store.ts";
import { nodeStoreFiles, type StoreFiles } from "../../../server/store/storeFiles.ts";
import { CHANGING_STEPS } from "./points.ts";
import { checkFinished, checkRecovered, playToEnd } from "./workload.ts";

/** What the system says, in the words of a file operation and of SQLite. */
export interface DiskFault {
  readonly code: string;
  /** Extended result code: https://sqlite.org/rescode.html. */
  readonly errcode: number;
}

export const DISK_FAULTS: readonly DiskFault[] = [
  { code: "ENOSPC", errcode: 13 }, // SQLITE_FULL
  { code: "EIO", errcode: 778 }, // SQLITE_IOERR_WRITE
  { code: "EMFILE", errcode: 14 }, // SQLITE_CANTOPEN
  { code: "EROFS", errcode: 8 }, // SQLITE_READONLY
];

export interface DiskFaultDrillResult {
  readonly numFaults: number;
  /** Faults after which the store wrote again without a new start, and those that needed one. */
  readonly recovered: number;
  readonly restarted: number;
}

const ROUNDS = 1;

/**
 * Lets each step that changes something fail, one after the other, and all that follow until the disk is mended: the store
 * must take no writes meanwhile and acknowledge nothing that it does not hold, and go on by itself once the disk is
 * mended; only after a failed sync it must wait for a new start. A fault while it starts ends the start.
 */
export async function runDiskFaultDrill(directory: string, faults = DISK_FAULTS): Promise<DiskFaultDrillResult> {
  let [numFaults, recovered, restarted] = [0, 0, 0];
  for (const fault of faults) {
    for (let failAt = 1; ; failAt++) {
      const outcome = await playWithFault(join(directory, "data"), fault, failAt).catch((error: Error) => {
        throw new Error(`${fault.code} at step ${failAt}: ${error.message}`, { cause: error });
      });
      if (outcome === "never") break;
      numFaults++;
      if (outcome === "recovered") recovered++;
      else restarted++;
    }
  }
  return { numFaults, recovered, restarted };
}

async function playWithFault(
  directory: string,
  fault: DiskFault,
  failAt: number,
): Promise<"never" | "recovered" | "restarted"> {
  rmSync(directory, { recursive: true, force: true });
  const disk = createFaultyDisk(fault, failAt, await loadSqlite());
  const acknowledged: JournalPosition[] = [];
  const ack = (position: JournalPosition): void => void acknowledged.push(position);
  const ports = { directory, windowMs: 0, ...disk };
  let store: Store;
  try {
    store = await openStore(ports);
  } catch {
    disk.mend();
    store = await openStore(ports);
    await playToEnd(store, { rounds: ROUNDS, ack });
    await store.close();
    return "restarted";
  }
  try {
    await playToEnd(store, { rounds: ROUNDS, ack });
  } catch (error) {
    if (!disk.hasFailed) throw error;
    expect(store.readOnlyReason).toContain(disk.isSyncFault ? "start again" : "then it goes on");
  }
  await checkRecovered(store, acknowledged);
  const head = store.head;
  // A blob that cannot be deleted stops nothing: it is deleted another time.
  const wasStopped = store.readOnlyReason !== undefined;
  expect(await store.reopen(), "while the disk is faulty").toBe(!wasStopped);
  disk.mend();
  const isWriting = await store.reopen();
  expect(isWriting, "after the disk was mended").toBe(!(wasStopped && disk.isSyncFault));
  expect(store.head).toEqual(head);
  if (!isWriting) {
    await store.close();
    store = await openStore(ports);
    await checkRecovered(store, acknowledged);
  }
  await playToEnd(store, { rounds: ROUNDS, ack });
  checkFinished(store, ROUNDS);
  await store.close();
  if (!disk.hasFailed) return "never";
  return isWriting ? "recovered" : "restarted";
}

/** Ports whose step number `failAt` and all after it fail, until the disk is mended. */
function createFaultyDisk({ code, errcode }: DiskFault, failAt: number, openReal: OpenSqlite) {
  const state = { hasFailed: false, isSyncFault: false, isMended: false };
  let numSteps = 0;
  const isFaulty = (isSync: boolean): boolean => {
    if (state.isMended) return false;
    numSteps++;
    if (numSteps < failAt) return false;
    state.hasFailed = true;
    state.isSyncFault ||= isSync; // of two uploads at once, the second may fail in its sync
    return true;
  };
  const files = { ...nodeStoreFiles } as Record<string, unknown>;
  for (const step of CHANGING_STEPS) {
    files[step] = async (...args: never[]) => {
      const isSync = step === "syncFolder";
      if (isFaulty(isSync)) {
        throw Object.assign(new Error(`${code}: ${step}`), { code, syscall: isSync ? "fsync" : "write" });
      }
      await (nodeStoreFiles[step] as (...args: never[]) => Promise<void>)(...args);
    };
  }
  const sqlite = (): void => {
    if (isFaulty(false)) throw Object.assign(new Error(code), { errcode });
  };
  const openSqlite: OpenSqlite = (path, options) => {
    const database = openReal(path, options);
    return {
      exec(sql) {
        sqlite();
        database.exec(sql);
      },
      prepare(sql) {
        const statement = database.prepare(sql);
        return {
          all: (...parameters) => statement.all(...parameters),
          run(...parameters) {
            sqlite();
            return statement.run(...parameters);
          },
        };
      },
      close: () => database.close(),
    };
  };
  return {
    files: files as unknown as StoreFiles,
    openSqlite,
    mend(): void {
      state.isMended = true;
    },
    get hasFailed() {
      return state.hasFailed;
    },
    get isSyncFault() {
      return state.isSyncFault;
    },
  };
}
