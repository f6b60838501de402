import { describe, expect, it } from "vitest";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { StoreReadOnlyError } from "../../../server/store/storeErrors.ts";
import { nodeStoreFiles, type StoreFiles } from "../../../server/store/storeFiles.ts";
import { bytesOf, hashOf, roundOpened, startRun, updateAccepted } from "../../support/sampleJournal.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** Files whose step fails while `fault` is set, with these words of the operating system. */
function faultyFiles() {
  const state: { fault: { step: keyof StoreFiles; code: string; syscall: string } | undefined } = { fault: undefined };
  const faulty = (step: keyof StoreFiles) =>
    ((...args: Parameters<StoreFiles[typeof step]>) => {
      const { fault } = state;
      if (fault?.step === step)
        return Promise.reject(Object.assign(new Error(`${fault.code}: ${fault.syscall}`), fault));
      return (nodeStoreFiles[step] as (...args: unknown[]) => Promise<unknown>)(...args);
    }) as never;
  const steps = Object.keys(nodeStoreFiles) as (keyof StoreFiles)[];
  const files = Object.fromEntries(steps.map((step) => [step, faulty(step)])) as unknown as StoreFiles;
  return { files, state };
}

describe("a store after a failed write", () => {
  it.each([
    ["ENOSPC", "write"],
    ["EDQUOT", "write"],
    ["EMFILE", "open"],
    ["EROFS", "open"],
    ["EIO", "write"],
  ])("writes again once the disk takes what it refused with %s", async (code, syscall) => {
    const { files, state } = faultyFiles();
    const directory = temporaryFolder();
    const store = await openStore({ directory, files });
    await startRun(store);
    await store.append(roundOpened(0, ["a", "b"]));
    const { head } = store;
    state.fault = { step: "writeNew", code, syscall };
    await expect(store.putBlob(bytesOf("delta 0 a"))).rejects.toThrow(StoreReadOnlyError);
    expect(store.canReopen).toBe(true);
    expect(await store.reopen()).toBe(false); // still full
    expect(store.readOnlyReason).toMatch(new RegExp(`${code}.*free space`));
    await expect(store.append(updateAccepted(0))).rejects.toThrow(StoreReadOnlyError);

    state.fault = undefined;
    expect(await store.reopen()).toBe(true);
    expect(store).toMatchObject({ readOnlyReason: undefined, canReopen: false, head });
    await store.putBlob(bytesOf("delta 0 a"));
    await store.append(updateAccepted(0));
    await store.close();
    const again = await openStore({ directory });
    expect([...again.events()].map(({ event }) => event.kind)).toEqual([
      "run-created",
      "round-opened",
      "update-accepted",
    ]);
    expect(await again.getBlob(hashOf("delta 0 a"))).toEqual(bytesOf("delta 0 a"));
    await again.close();
  });

  it.each([
    ["a blob's sync", "writeNew"],
    ["the folder's sync", "syncFolder"],
  ] as const)("never writes again when %s failed", async (_, step) => {
    const { files, state } = faultyFiles();
    const store = await openStore({ directory: temporaryFolder(), files });
    await startRun(store);
    state.fault = { step, code: "ENOSPC", syscall: "fsync" };
    await expect(store.putBlob(bytesOf("delta 0 a"))).rejects.toThrow(/check the disk, then start again/);
    state.fault = undefined;
    expect(store.canReopen).toBe(false);
    expect(await store.reopen()).toBe(false);
    await expect(store.append(roundOpened(0))).rejects.toThrow(StoreReadOnlyError);
    await store.close();
  });

  it("gives up writing when a sync fails while it is opened again", async () => {
    const { files, state } = faultyFiles();
    const store = await openStore({ directory: temporaryFolder(), files });
    await startRun(store);
    state.fault = { step: "writeNew", code: "ENOSPC", syscall: "write" };
    await expect(store.putBlob(bytesOf("delta 0 a"))).rejects.toThrow(StoreReadOnlyError);
    state.fault = { step: "syncFolder", code: "EIO", syscall: "fsync" };
    expect(await store.reopen()).toBe(false);
    expect(store.canReopen).toBe(false);
    state.fault = undefined;
    expect(await store.reopen()).toBe(false);
    await store.close();
  });

  it("goes on where the acknowledged events end after the database was full, for as long as it was", async () => {
    const load = await loadSqlite();
    let maxPages = 1 << 20;
    const directory = temporaryFolder();
    const store = await openStore({
      directory,
      openSqlite(path, options) {
        const database = load(path, options);
        return {
          prepare: (sql) => database.prepare(sql),
          close: () => database.close(),
          exec(sql) {
            if (sql.startsWith("BEGIN IMMEDIATE")) database.exec(`PRAGMA max_page_count = ${maxPages}`);
            database.exec(sql);
          },
        };
      },
    });
    await startRun(store);
    const clients = Array.from({ length: 40 }, (_, i) => `client ${i}`);
    await store.append(roundOpened(0, clients));
    const { head } = store;
    maxPages = 1; // SQLite takes the present size then: no page more
    const refused = await Promise.allSettled(clients.map((client) => store.append(updateAccepted(0, client))));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(store).toMatchObject({ canReopen: true, head });
    expect(store.readOnlyReason).toMatch(/full/);
    maxPages = 1 << 20;
    expect(await store.reopen()).toBe(true);
    expect(await Promise.all(clients.map((client) => store.append(updateAccepted(0, client))))).toHaveLength(40);
    expect([...store.events()]).toHaveLength(42);
    await store.close();
  });

  it("lets go of a blob whose event was refused", async () => {
    const { files, state } = faultyFiles();
    const store = await openStore({ directory: temporaryFolder(), files });
    await startRun(store);
    await store.append(roundOpened(0, ["a", "b"]));
    await store.putBlob(bytesOf("delta 0 a"));
    state.fault = { step: "writeNew", code: "ENOSPC", syscall: "write" };
    await expect(store.putBlob(bytesOf("delta 0 b"))).rejects.toThrow(StoreReadOnlyError);
    await expect(store.append(updateAccepted(0, "a"))).rejects.toThrow(StoreReadOnlyError);
    state.fault = undefined;
    expect(await store.reopen()).toBe(true);
    expect(await store.hasBlob(hashOf("delta 0 a"))).toBe(false);
    await store.close();
  });

  it("does not open what was closed or only read", async () => {
    const directory = temporaryFolder();
    const store = await openStore({ directory });
    await startRun(store);
    const reader = await openStore({ directory, readOnly: true });
    expect(await reader.reopen()).toBe(false);
    await reader.close();
    expect(await store.reopen()).toBe(true); // it writes already
    await store.close();
    expect(await store.reopen()).toBe(false);
  });
});
