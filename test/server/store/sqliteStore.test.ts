import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadCoordinatorSeed } from "../../../server/store/coordinatorSeed.ts";
import { loadSqlite, type OpenSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import {
  CorruptStoreError,
  StoreFormatError,
  StoreLockedError,
  StoreReadOnlyError,
} from "../../../server/store/storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "../../../server/store/storeFiles.ts";
import { storeContract } from "../../contract/store.ts";
import { bytesOf, hashOf, playRound, roundOpened, startRun, updateAccepted } from "../../support/sampleJournal.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const root = mkdtempSync(join(tmpdir(), "headwater-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

storeContract("sqliteStore", () => openStore({ directory: mkdtempSync(join(root, "contract-")) }));

/** A closed store of one whole round and one that has just been opened with one update. */
async function writeSample(directory: string): Promise<void> {
  const store = await openStore({ directory });
  await startRun(store);
  await playRound(store, 0);
  await store.append(roundOpened(1));
  await store.putBlob(bytesOf("delta 1 a"));
  await store.append(updateAccepted(1));
  await store.close();
}

const blobPath = (directory: string, label: string): string => join(directory, "blobs", hashOf(label));

/** SQLite whose databases run `spy` before each statement that is executed as text. */
async function sqliteWith(spy: (sql: string) => void): Promise<OpenSqlite> {
  const openSqlite = await loadSqlite();
  return (path, options) => {
    const database = openSqlite(path, options);
    return {
      exec(sql) {
        spy(sql);
        database.exec(sql);
      },
      prepare: (sql) => database.prepare(sql),
      close: () => database.close(),
    };
  };
}

describe("openStore", () => {
  it("goes on where the last process ended", async () => {
    const directory = temporaryFolder();
    await writeSample(directory);
    const store = await openStore({ directory });
    expect(store.head?.seq).toBe(6);
    expect(await store.append({ kind: "round-aborted", round: 1, attempt: 0, reason: "test" })).toMatchObject({
      seq: 7,
    });
    expect([...store.events()]).toHaveLength(8);
    await store.close();
  });

  it("refuses a second writer, naming the directory and the process", async () => {
    const directory = temporaryFolder();
    const store = await openStore({ directory });
    const refusal = openStore({ directory });
    await expect(refusal).rejects.toThrow(StoreLockedError);
    await expect(refusal).rejects.toThrow(`${directory} is in use by process ${process.pid}`);
    await store.close();
    await (await openStore({ directory })).close();
  });

  it("reads beside a writer and changes nothing", async () => {
    const directory = temporaryFolder();
    const writer = await openStore({ directory });
    await startRun(writer);
    const reader = await openStore({ directory, readOnly: true });
    expect(reader.head).toEqual(writer.head);
    await expect(reader.append(roundOpened(0))).rejects.toThrow(StoreReadOnlyError);
    await playRound(writer, 0);
    expect([...reader.events()]).toHaveLength(1); // as it was when it was opened
    await reader.close();
    await writer.close();
  });

  it("removes half-written files, and blobs that no event names or needs", async () => {
    const directory = temporaryFolder();
    await writeSample(directory);
    writeFileSync(join(directory, "blobs", "7.tmp"), "half");
    writeFileSync(blobPath(directory, "orphan"), "orphan"); // stored, then killed before its event
    writeFileSync(blobPath(directory, "delta 0 a"), "delta 0 a"); // committed, then killed before it was let go
    await (await openStore({ directory })).close();
    const kept = ["params 0", "params 1", "delta 1 a"].map(hashOf).sort();
    expect(readdirSync(join(directory, "blobs")).sort()).toEqual(kept);
  });

  it.each([
    ["changed", "UPDATE events SET event = replace(event, '\"weight\":1', '\"weight\":2') WHERE seq = 2"],
    ["missing", "DELETE FROM events WHERE seq = 2"],
    ["missing at the front", "DELETE FROM events WHERE seq = 0"],
    ["put in another place", "UPDATE events SET seq = 20 WHERE seq = 2"],
    ["rehashed without those after it", `UPDATE events SET hash = '${hashOf("x")}' WHERE seq = 2`],
  ])("refuses a journal with an event that is %s", async (_, sql) => {
    const directory = temporaryFolder();
    await writeSample(directory);
    const database = (await loadSqlite())(join(directory, "journal.db"));
    database.exec(sql);
    database.close();
    await expect(openStore({ directory })).rejects.toThrow(CorruptStoreError);
    await expect(openStore({ directory })).rejects.toThrow(/journal\.db: event \d/); // and lets go of the lock each time
  });

  it("refuses a journal whose file was overwritten in the middle", async () => {
    const directory = temporaryFolder();
    await writeSample(directory);
    const path = join(directory, "journal.db");
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096, 2 * 4096);
    writeFileSync(path, bytes);
    await expect(openStore({ directory })).rejects.toThrow(CorruptStoreError);
  });

  it("refuses a journal that a newer version wrote", async () => {
    const directory = temporaryFolder();
    await writeSample(directory);
    const database = (await loadSqlite())(join(directory, "journal.db"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    await expect(openStore({ directory })).rejects.toThrow(StoreFormatError);
    await expect(openStore({ directory })).rejects.toThrow(/upgrade headwater/);
  });

  it.each(["params 1", "delta 1 a"])("refuses to go on without %s", async (label) => {
    const directory = temporaryFolder();
    await writeSample(directory);
    rmSync(blobPath(directory, label));
    await expect(openStore({ directory })).rejects.toThrow(CorruptStoreError);
  });

  it("detects a truncated and a changed blob when it is read", async () => {
    const directory = temporaryFolder();
    await writeSample(directory);
    truncateSync(blobPath(directory, "params 1"), 3);
    writeFileSync(blobPath(directory, "delta 1 a"), "delta 1 b");
    const store = await openStore({ directory });
    await expect(store.getBlob(hashOf("params 1"))).rejects.toThrow(CorruptStoreError);
    await expect(store.getBlob(hashOf("delta 1 a"))).rejects.toThrow(CorruptStoreError);
    await store.close();
  });
});

describe("a store whose disk fails", () => {
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

  it.each([
    "writeNew",
    "rename",
    "syncFolder",
  ] as const)("stops writing after a failed %s and never tries it again", async (step) => {
    const directory = temporaryFolder();
    let isBroken = false;
    let numFailures = 0;
    const files: StoreFiles = {
      ...nodeStoreFiles,
      [step]: async (path: string, other: string & Uint8Array) => {
        if (!isBroken) return nodeStoreFiles[step](path, other);
        numFailures++;
        throw full;
      },
    };
    const store = await openStore({ directory, files });
    await startRun(store);
    await store.append(roundOpened(0));
    isBroken = true;
    const refused = store.putBlob(bytesOf("delta 0 a"));
    await expect(refused).rejects.toThrow(StoreReadOnlyError);
    await expect(refused).rejects.toThrow(/no space left on device/);
    expect(store.readOnlyReason).toMatch(/no space left on device/);
    await expect(store.putBlob(bytesOf("delta 0 a"))).rejects.toThrow(StoreReadOnlyError);
    await expect(store.append(updateAccepted(0))).rejects.toThrow(StoreReadOnlyError);
    expect(numFailures).toBe(1);
    expect([...store.events()]).toHaveLength(2); // reading goes on
    expect(await store.getBlob(hashOf("params 0"))).toEqual(bytesOf("params 0"));
    await store.close();

    const mended = await openStore({ directory });
    expect(await mended.hasBlob(hashOf("delta 0 a"))).toBe(false);
    await mended.putBlob(bytesOf("delta 0 a"));
    await mended.append(updateAccepted(0));
    await mended.close();
  });

  it("acknowledges nothing of a commit that failed, and never tries it again", async () => {
    const directory = temporaryFolder();
    let isBroken = false;
    let numCommits = 0;
    const openSqlite = await sqliteWith((sql) => {
      if (sql !== "COMMIT") return;
      numCommits++;
      if (isBroken) throw Object.assign(new Error("disk I/O error"), { errcode: 10 });
    });
    const store = await openStore({ directory, openSqlite });
    await startRun(store);
    await store.append(roundOpened(0, ["a", "b", "c"]));
    const before = store.head;
    numCommits = 0;
    isBroken = true;
    const results = await Promise.allSettled(["a", "b", "c"].map((client) => store.append(updateAccepted(0, client))));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    isBroken = false;
    await expect(store.append(updateAccepted(0))).rejects.toThrow(/disk I\/O error/);
    expect(numCommits).toBe(1);
    expect(store.head).toEqual(before);
    expect([...store.events()]).toHaveLength(2);
    await store.close();
    const mended = await openStore({ directory });
    expect(mended.head).toEqual(before);
    await mended.close();
  });

  it("keeps every acknowledged event when the database is really full", async () => {
    const directory = temporaryFolder();
    const load = await loadSqlite();
    const store = await openStore({
      directory,
      openSqlite: (path, options) => {
        const database = load(path, options);
        database.exec("PRAGMA max_page_count = 12"); // 48 KiB
        return database;
      },
    });
    await startRun(store);
    const members = Array.from({ length: 30 }, (_, i) => `client ${i}`);
    let numAcknowledged = 1;
    const fill = async (): Promise<void> => {
      for (let attempt = 0; attempt < 100; attempt++) {
        await store.append({ ...roundOpened(0, members), attempt });
        await store.append({ kind: "round-aborted", round: 0, attempt, reason: "test" });
        numAcknowledged += 2;
      }
    };
    await expect(fill()).rejects.toThrow(/full/);
    await store.close();
    const mended = await openStore({ directory });
    expect([...mended.events()].length).toBeGreaterThanOrEqual(numAcknowledged);
    await mended.close();
  });

  it("shares one commit among appends of the same moment", async () => {
    let numCommits = 0;
    const openSqlite = await sqliteWith((sql) => {
      if (sql === "COMMIT") numCommits++;
    });
    const store = await openStore({ directory: temporaryFolder(), openSqlite });
    await startRun(store);
    const clients = Array.from({ length: 100 }, (_, i) => `${i}`);
    await store.append(roundOpened(0, clients));
    numCommits = 0;
    await Promise.all(clients.map((client) => store.append(updateAccepted(0, client))));
    expect(numCommits).toBe(1);
    await store.close();
  });
});

describe("loadCoordinatorSeed", () => {
  it("draws a seed once, for its owner alone", async () => {
    const directory = temporaryFolder();
    const seed = await loadCoordinatorSeed({ directory });
    expect(seed).toHaveLength(32);
    expect(await loadCoordinatorSeed({ directory })).toEqual(seed);
    const path = join(directory, "secrets", "coordinator.seed");
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await loadCoordinatorSeed({ directory: temporaryFolder() })).not.toEqual(seed);
  });

  it("goes on after a start that was killed while it wrote, and refuses a damaged seed", async () => {
    const directory = temporaryFolder();
    await loadCoordinatorSeed({ directory });
    const path = join(directory, "secrets", "coordinator.seed");
    rmSync(path);
    writeFileSync(`${path}.tmp`, "half");
    await loadCoordinatorSeed({ directory });
    truncateSync(path, 31);
    await expect(loadCoordinatorSeed({ directory })).rejects.toThrow(CorruptStoreError);
  });
});
