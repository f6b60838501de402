import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { findLogDamage } from "../../../server/store/walDamage.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const PAGE_BYTES = 4096;
const FRAME_BYTES = 24 + PAGE_BYTES;
const frameStart = (index: number): number => 32 + index * FRAME_BYTES;

/** The log of one table's creation and these commits, of so many rows that each takes several pages. */
async function logOf(numCommits: number): Promise<Uint8Array> {
  const path = join(temporaryFolder(), "log.db");
  const database = (await loadSqlite())(path);
  database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0`);
  database.exec("CREATE TABLE rows (text TEXT)");
  for (let commit = 0; commit < numCommits; commit++) {
    database.exec(`INSERT INTO rows VALUES ('${"x".repeat(3 * PAGE_BYTES)}')`);
  }
  const log = Uint8Array.from(readFileSync(`${path}-wal`));
  database.close();
  return log;
}

const flip = (log: Uint8Array, at: number): Uint8Array => log.map((byte, i) => (i === at ? byte ^ 1 : byte));
const numFrames = (log: Uint8Array): number => (log.length - 32) / FRAME_BYTES;

describe("findLogDamage", () => {
  it("finds nothing in a whole log, an empty one, or none but a header", async () => {
    const log = await logOf(4);
    expect(findLogDamage(log)).toBeUndefined();
    expect(findLogDamage(new Uint8Array())).toBeUndefined();
    expect(findLogDamage(log.subarray(0, 32))).toBeUndefined();
  });

  it("takes a log that was cut off for one whose last commit was being written, wherever it was cut", async () => {
    const log = await logOf(4);
    for (let length = 33; length < log.length; length += 509) {
      expect(findLogDamage(log.subarray(0, length))).toBeUndefined();
    }
  });

  it("takes a last commit with any of its sectors missing for one that was being written", async () => {
    const log = await logOf(1); // the creation, then one commit of several frames
    const before = await logOf(0);
    for (let sector = before.length; sector < log.length; sector += 512) {
      const torn = Uint8Array.from(log);
      torn.fill(0, sector, sector + 512);
      expect(findLogDamage(torn)).toBeUndefined();
    }
  });

  it("names the frame when one that commits follow is wrong, in its page or in its header", async () => {
    const log = await logOf(4);
    const first = frameStart(2);
    for (const at of [first + 24, first + 24 + PAGE_BYTES - 1, first + 1, first + 9, first + 17]) {
      expect(findLogDamage(flip(log, at))).toBe(`frame 2 of ${numFrames(log)} is damaged, and commits follow it`);
    }
  });

  it("finds a wrong header before commits", async () => {
    const log = await logOf(2);
    for (let at = 0; at < 32; at++) expect(findLogDamage(flip(log, at))).toMatch(/header is damaged/);
  });
});
