import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backUp } from "../../../server/maintenance/backup.ts";
import { restore } from "../../../server/maintenance/restore.ts";
import { loadCoordinatorSeed } from "../../../server/store/coordinatorSeed.ts";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { CorruptStoreError, MissingBlobError, StoreLockedError } from "../../../server/store/storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "../../../server/store/storeFiles.ts";
import { bytesOf, hashOf, playRound, roundOpened, startRun, updateAccepted } from "../../support/sampleJournal.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const NOW = Date.UTC(2026, 0, 2);

/** A store of three rounds and an open one with an update, and the coordinator's key. */
async function writeRun(directory: string): Promise<Store> {
  const store = await openStore({ directory });
  await loadCoordinatorSeed({ directory });
  await startRun(store);
  for (let round = 0; round < 3; round++) await playRound(store, round);
  await store.append(roundOpened(3, ["a", "b"]));
  await store.putBlob(bytesOf("delta 3 a"));
  await store.append(updateAccepted(3));
  return store;
}

const folders = () => {
  const root = temporaryFolder();
  return { data: join(root, "data"), backup: join(root, "backup"), restored: join(root, "restored") };
};

describe("backUp and restore", () => {
  it("copies a run that goes on meanwhile, and the restored run goes on from there under the same key", async () => {
    const { data, backup, restored } = folders();
    const store = await writeRun(data);
    const { stores, hasKey } = await backUp({ directory: data, to: backup, nowMs: NOW });
    expect(stores).toMatchObject([{ path: "", head: store.head, numBlobs: 5, leftOut: [] }]);
    expect(hasKey).toBe(true);
    await store.append(updateAccepted(3, "b")); // the coordinator never noticed

    expect(await restore({ from: backup, directory: restored })).toMatchObject({
      createdAt: "2026-01-02T00:00:00.000Z",
    });
    const again = await openStore({ directory: restored });
    expect(again.head).toEqual(stores[0]?.head);
    expect(await again.getBlob(hashOf("delta 3 a"))).toEqual(bytesOf("delta 3 a"));
    await again.append({ kind: "round-aborted", round: 3, attempt: 0, reason: "test" });
    await again.close();
    expect(await loadCoordinatorSeed({ directory: restored })).toEqual(await loadCoordinatorSeed({ directory: data }));
    if (process.platform !== "win32") {
      expect(statSync(join(restored, "secrets", "coordinator.seed")).mode & 0o777).toBe(0o600);
      expect(statSync(backup).mode & 0o777).toBe(0o700);
    }
    await store.close();
  });

  it("leaves the key out when asked to", async () => {
    const { data, backup } = folders();
    await (await writeRun(data)).close();
    expect(await backUp({ directory: data, to: backup, withoutKey: true, nowMs: NOW })).toMatchObject({
      hasKey: false,
    });
    expect(existsSync(join(backup, "secrets"))).toBe(false);
  });

  it("copies every run of a folder that holds several", async () => {
    const { data, backup, restored } = folders();
    await loadCoordinatorSeed({ directory: data });
    for (const name of ["one", "two", ".deleted-three"]) await (await writeRun(join(data, "runs", name))).close();
    await (await openStore({ directory: join(data, "runs", "begun") })).close();
    await backUp({ directory: data, to: backup, nowMs: NOW });
    const { stores } = await restore({ from: backup, directory: restored });
    expect(stores.map(({ path }) => path)).toEqual(["begun", "one", "two"].map((name) => join("runs", name)));
    await (await openStore({ directory: join(restored, "runs", "two") })).close();
  });

  it("leaves out a run that is deleted while it is copied", async () => {
    const { data, backup } = folders();
    for (const name of ["one", "two"]) await (await writeRun(join(data, "runs", name))).close();
    const files: StoreFiles = {
      ...nodeStoreFiles,
      async read(path) {
        if (path.includes(join("runs", "one"))) rmSync(join(data, "runs", "one"), { recursive: true, force: true });
        return nodeStoreFiles.read(path);
      },
    };
    const { stores } = await backUp({ directory: data, to: backup, nowMs: NOW, ports: { files } });
    expect(stores.map(({ path }) => path)).toEqual([join("runs", "two")]);
    expect(readdirSync(join(backup, "runs"))).toEqual(["two"]);
  });

  it("follows a run whose retention lets go of blobs while they are copied", async () => {
    const { data, backup } = folders();
    const store = await writeRun(data);
    let isCommitted = false;
    const files: StoreFiles = {
      ...nodeStoreFiles,
      async read(path) {
        if (path.endsWith(hashOf("delta 3 a")) && !isCommitted) {
          isCommitted = true; // between the journal's copy and this one: the round commits, the delta goes
          await store.append({ kind: "round-aborted", round: 3, attempt: 0, reason: "test" });
          await store.deleteBlob(hashOf("delta 3 a"));
        }
        return nodeStoreFiles.read(path);
      },
    };
    const { stores } = await backUp({ directory: data, to: backup, nowMs: NOW, ports: { files } });
    expect(stores[0]).toMatchObject({ head: store.head, leftOut: [] });
    expect(readdirSync(join(backup, "blobs"))).not.toContain(hashOf("delta 3 a"));
    await store.close();
    await (await openStore({ directory: backup })).close();
  });

  it("refuses to call a copy done whose source is damaged, and leaves nothing behind", async () => {
    for (const [label, damage] of [
      ["changed params", (data: string) => writeFileSync(join(data, "blobs", hashOf("params 3")), "x")],
      ["no delta of the open round", (data: string) => rmSync(join(data, "blobs", hashOf("delta 3 a")))],
    ] as const) {
      const { data, backup } = folders();
      await (await writeRun(data)).close();
      damage(data);
      const error = await backUp({ directory: data, to: backup, nowMs: NOW }).catch((reason: unknown) => reason);
      expect(error instanceof CorruptStoreError || error instanceof MissingBlobError, label).toBe(true);
      expect(existsSync(backup) || existsSync(`${backup}.partial`), label).toBe(false);
    }
  });

  it("refuses a run whose journal was lost, however whole the other runs are, and leaves nothing behind", async () => {
    for (const run of ["", join("runs", "one")]) {
      for (const [found, lose] of [
        ["is missing", (journal: string) => rmSync(journal)],
        ["holds no event", (journal: string) => execute(journal, "DELETE FROM events")],
      ] as const) {
        const { data, backup } = folders();
        for (const path of [run, join("runs", "two")]) await (await writeRun(join(data, path))).close();
        await lose(join(data, run, "journal.db"));
        const error: Error = await backUp({ directory: data, to: backup, nowMs: NOW }).catch((reason) => reason);
        expect(error, `${run} ${found}`).toBeInstanceOf(CorruptStoreError);
        expect(error.message).toContain(
          `${join(data, run, "journal.db")} expected the events of the run whose 5 blobs`,
        );
        expect(error.message).toContain(found);
        expect(existsSync(backup) || existsSync(`${backup}.partial`)).toBe(false);
        expect(readdirSync(join(data, run, "blobs"))).toHaveLength(5);
      }
    }
  });

  it("copies the start of a run that was cut short before its first event", async () => {
    const { data, backup } = folders();
    const store = await openStore({ directory: data });
    await store.putBlob(bytesOf("params 0"));
    await store.close();
    const { stores } = await backUp({ directory: data, to: backup, nowMs: NOW });
    expect(stores).toEqual([{ path: "", head: undefined, numBlobs: 0, numBytes: 0, leftOut: [] }]);
  });

  it("is of one run at least", async () => {
    const { data, backup, restored } = folders();
    await loadCoordinatorSeed({ directory: data });
    mkdirSync(join(data, "runs"));
    await expect(backUp({ directory: data, to: backup, nowMs: NOW })).rejects.toThrow(
      /expected the journal of one run/,
    );
    expect(existsSync(backup) || existsSync(`${backup}.partial`)).toBe(false);

    mkdirSync(backup); // as one of an earlier version
    const manifest = { format: "headwater-backup/1", createdAt: "2026-01-02T00:00:00.000Z", hasKey: false, stores: [] };
    writeFileSync(join(backup, "backup.json"), JSON.stringify(manifest));
    await expect(restore({ from: backup, directory: restored })).rejects.toThrow(/expected one run at least, got none/);
  });

  it("names blobs that the run can go on without and that are not there", async () => {
    const { data, backup } = folders();
    await (await writeRun(data)).close();
    rmSync(join(data, "blobs", hashOf("params 1")));
    const { stores } = await backUp({ directory: data, to: backup, nowMs: NOW });
    expect(stores[0]?.leftOut).toEqual([hashOf("params 1")]);
  });

  it("refuses a folder that holds files, and a backup that is not whole or was changed", async () => {
    const { data, backup, restored } = folders();
    await (await writeRun(data)).close();
    await expect(backUp({ directory: data, to: data, nowMs: NOW })).rejects.toThrow(/holds files; choose another/);
    await backUp({ directory: data, to: backup, nowMs: NOW });
    await expect(restore({ from: backup, directory: data })).rejects.toThrow(/holds files; choose another/);
    await expect(restore({ from: data, directory: restored })).rejects.toThrow(/expected a backup that is whole/);

    const store = await openStore({ directory: backup });
    await store.append({ kind: "round-aborted", round: 3, attempt: 0, reason: "test" });
    await store.close();
    await expect(restore({ from: backup, directory: restored })).rejects.toThrow(/expected to end in event 14, got 15/);
    writeFileSync(join(backup, "backup.json"), "{}");
    await expect(restore({ from: backup, directory: restored })).rejects.toThrow(CorruptStoreError);
    expect(existsSync(restored)).toBe(false);
  });

  it("clears what a killed backup left, and not what a running one is writing", async () => {
    const { data, backup } = folders();
    await (await writeRun(data)).close();
    cpSync(data, `${backup}.partial`, { recursive: true });
    writeFileSync(join(`${backup}.partial`, "backup.json"), "half");
    const other = await openStore({ directory: `${backup}.partial` });
    await expect(backUp({ directory: data, to: backup, nowMs: NOW })).rejects.toThrow(StoreLockedError);
    expect(readFileSync(join(`${backup}.partial`, "backup.json"), "utf8")).toBe("half");
    await other.close();
    await backUp({ directory: data, to: backup, nowMs: NOW });
    expect(existsSync(`${backup}.partial`)).toBe(false);
  });

  it("is for its owner alone, also where somebody made its folder first", async () => {
    const { data, backup } = folders();
    await (await writeRun(data)).close();
    mkdirSync(`${backup}.partial`);
    chmodSync(`${backup}.partial`, 0o777);
    await backUp({ directory: data, to: backup, nowMs: NOW });
    if (process.platform !== "win32") expect(statSync(backup).mode & 0o777).toBe(0o700);
  });

  it("clears no folder of others that happens to have its name, nor one that a link leads to", async () => {
    const { data, backup } = folders();
    await (await writeRun(data)).close();
    const partial = `${backup}.partial`;
    mkdirSync(partial);
    writeFileSync(join(partial, "thesis.txt"), "years of work");
    await expect(backUp({ directory: data, to: backup, nowMs: NOW })).rejects.toThrow(/holds files of others/);
    rmSync(join(partial, "thesis.txt"));
    rmdirSync(partial);
    symlinkSync(data, partial);
    await expect(backUp({ directory: data, to: backup, nowMs: NOW })).rejects.toThrow(/is a link/);
    expect(existsSync(join(data, "journal.db"))).toBe(true);
  });

  it("is there whole or not at all, wherever it is cut short", async () => {
    const { data } = folders();
    await (await writeRun(data)).close();
    let numSteps = 0;
    for (let failAt = 1; ; failAt++) {
      const { backup, restored } = folders();
      let step = 0;
      const files = cutShort(() => ++step === failAt);
      const isDone = await backUp({ directory: data, to: backup, nowMs: NOW, ports: { files } }).then(
        () => true,
        () => false,
      );
      if (existsSync(backup)) await restore({ from: backup, directory: restored });
      if (step < failAt) {
        expect(isDone).toBe(true);
        break;
      }
      numSteps = failAt;
    }
    expect(numSteps).toBeGreaterThan(15);
  });
});

async function execute(journal: string, sql: string): Promise<void> {
  const database = (await loadSqlite())(journal);
  database.exec(sql);
  database.close();
}

/** Files that end the process, so to speak, at a step that changes something: it and all later ones fail. */
function cutShort(isNow: () => boolean): StoreFiles {
  let isDead = false;
  const dying =
    <Args extends unknown[], T>(step: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      isDead ||= isNow();
      if (isDead) throw new Error("killed");
      return step(...args);
    };
  const { makeFolder, writeNew, rename, syncFolder, remove, removeFolder } = nodeStoreFiles;
  return {
    ...nodeStoreFiles,
    makeFolder: dying(makeFolder),
    writeNew: dying(writeNew),
    rename: dying(rename),
    syncFolder: dying(syncFolder),
    remove: dying(remove),
    removeFolder: dying(removeFolder),
  };
}
