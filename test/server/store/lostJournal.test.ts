import { cpSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { CorruptStoreError } from "../../../server/store/storeErrors.ts";
import { bytesOf, hashOf, roundOpened, startRun, updateAccepted } from "../../support/sampleJournal.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const blobs = (directory: string): string[] => readdirSync(join(directory, "blobs")).sort();

/** The files of a store as a killed process leaves them, the log among them. */
async function leftBy(write: (store: Store) => Promise<unknown>): Promise<string> {
  const [directory, left] = [temporaryFolder(), temporaryFolder()];
  const store = await openStore({ directory });
  await write(store);
  cpSync(directory, left, { recursive: true, filter: (path) => !/lock\.(db|pid)$/.test(path) });
  await store.close();
  return left;
}

const anUpdate = () =>
  leftBy(async (store) => {
    await startRun(store);
    await store.append(roundOpened(0));
    await store.putBlob(bytesOf("delta 0 a"));
    await store.append(updateAccepted(0));
  });

async function execute(directory: string, sql: string): Promise<void> {
  const database = (await loadSqlite())(join(directory, "journal.db"));
  database.exec(sql);
  database.close();
}

const journal = (directory: string): string => join(directory, "journal.db");
const log = (directory: string): string => `${journal(directory)}-wal`;
const logBytes = (directory: string): number => statSync(log(directory), { throwIfNoEntry: false })?.size ?? 0;

describe("a store whose journal was lost", () => {
  it.each([
    ["is missing", "is missing", (d: string) => rmSync(journal(d))],
    ["was emptied", "is an empty file", (d: string) => truncateSync(journal(d))],
    ["was copied without its log", "was its log left behind", (d: string) => rmSync(log(d))],
    ["holds no event", "holds no event", (d: string) => execute(d, "DELETE FROM events")],
  ])("is refused while its journal %s, each time, with its blobs and its log left as they are", async (_, found, lose) => {
    const directory = await anUpdate();
    await lose(directory);
    const bytes = logBytes(directory);
    const kept = blobs(directory);
    expect(kept).toHaveLength(2);
    for (let start = 0; start < 2; start++) {
      const refusal: Error = await openStore({ directory }).catch((error) => error);
      expect(refusal).toBeInstanceOf(CorruptStoreError);
      expect(refusal.message).toContain(`${journal(directory)} expected the events of the run whose 2 blobs lie`);
      expect(refusal.message).toContain(found);
      expect(refusal.message).toContain(`delete ${join(directory, "blobs")}; restore a backup (headwater restore)`);
      expect(blobs(directory)).toEqual(kept);
      if (found !== "holds no event") expect(logBytes(directory)).toBe(bytes);
    }
    rmSync(join(directory, "blobs"), { recursive: true });
    const store = await openStore({ directory }); // as the message says
    await startRun(store);
    await store.close();
  });

  it("is refused for one blob as well where no start could have left it", async () => {
    const directory = await leftBy(startRun);
    rmSync(journal(directory));
    await expect(openStore({ directory })).rejects.toThrow("whose blob lies in");
    expect(blobs(directory)).toEqual([hashOf("params 0")]);
  });
});

describe("a start that is killed", () => {
  it("once its first params are stored leaves a folder in which the next one begins", async () => {
    const directory = await leftBy((store) => store.putBlob(bytesOf("params 0")));
    expect(blobs(directory)).toEqual([hashOf("params 0")]);
    const store = await openStore({ directory });
    expect(store.head).toBeUndefined();
    expect(blobs(directory)).toEqual([]);
    await startRun(store);
    await store.close();
  });

  it("while it made the folder or stored its first params is in nobody's way", async () => {
    const directory = temporaryFolder();
    mkdirSync(join(directory, "blobs"));
    writeFileSync(join(directory, "blobs", "0.tmp"), "half");
    writeFileSync(journal(directory), "");
    await (await openStore({ directory })).close();
    expect(blobs(directory)).toEqual([]);
  });
});
