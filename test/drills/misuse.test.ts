import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { backUp } from "../../server/maintenance/backup.ts";
import { startCoordinator } from "../../server/startCoordinator.ts";
import { loadSqlite } from "../../server/store/sqliteDatabase.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import { StoreFormatError, StoreLockedError } from "../../server/store/storeErrors.ts";
import { verifyStore } from "../../server/verify/verifyStore.ts";
import { playRound, startRun } from "../support/sampleJournal.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { tinyModel } from "../support/testCoordinator.ts";

const start = (directory: string) =>
  startCoordinator({
    directory,
    model: tinyModel(),
    plan: { name: "misuse", rounds: null, cohort: { size: 2, quorum: 1 }, deadlineMs: 60_000 },
    port: 0,
  });

it("refuses a second coordinator on the same folder, which disturbs the first in nothing", async () => {
  const directory = temporaryFolder();
  const first = await start(directory);
  await expect(start(directory)).rejects.toThrow(StoreLockedError);
  await expect(start(directory)).rejects.toThrow(/in use by process \d+; stop that one/);
  expect((await fetch(`${first.url}/readyz`)).ok).toBe(true);
  await first.close();
  const second = await start(directory);
  expect(second.isContinued).toBe(true);
  await second.close();
});

it("refuses a journal of a newer version, whatever is asked of it, and leaves it as it is", async () => {
  const directory = temporaryFolder();
  await changeVersion(directory, 99);
  const path = join(directory, "journal.db");
  const before = readFileSync(path);
  await expect(start(directory)).rejects.toThrow(StoreFormatError);
  await expect(verifyStore(directory)).rejects.toThrow(/format 99, this version reads up to \d; upgrade headwater/);
  await expect(backUp({ directory, to: `${directory}-backup`, nowMs: 0 })).rejects.toThrow(StoreFormatError);
  expect(readFileSync(path).equals(before)).toBe(true);
});

it("goes on with a journal of the first version, and marks it so that the version before refuses it", async () => {
  const directory = temporaryFolder();
  await changeVersion(directory, 1);
  expect((await openStore({ directory, readOnly: true })).head?.seq).toBe(4);
  expect(await versionOf(directory)).toBe(1);
  const store = await openStore({ directory });
  await playRound(store, 1);
  await store.close();
  expect(await versionOf(directory)).toBe(2);
});

async function changeVersion(directory: string, version: number): Promise<void> {
  const store = await openStore({ directory });
  await startRun(store);
  await playRound(store, 0);
  await store.close();
  const database = (await loadSqlite())(join(directory, "journal.db"));
  database.exec(`PRAGMA user_version = ${version}; PRAGMA wal_checkpoint(TRUNCATE)`);
  database.close();
}

async function versionOf(directory: string): Promise<number> {
  const database = (await loadSqlite())(join(directory, "journal.db"), { readOnly: true });
  const [row] = database.prepare("PRAGMA user_version").all() as { user_version: number }[];
  database.close();
  return row?.user_version as number;
}
