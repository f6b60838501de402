import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenSqlite } from "../../../server/store/sqliteDatabase.ts";
import type { Rng } from "../../../shared/base/rng.ts";
import { readReal, tearSectors } from "./modelDisk.ts";
import type { Points } from "./points.ts";

/** A journal's files: the database and its write-ahead log. */
export interface SqliteContent {
  readonly main: Uint8Array;
  readonly log: Uint8Array;
}

export const NO_CONTENT: SqliteContent = { main: new Uint8Array(), log: new Uint8Array() };

const LOG_HEADER_BYTES = 32;

export function readContent(directory: string): SqliteContent {
  const path = join(directory, "journal.db");
  return { main: readReal(path) ?? NO_CONTENT.main, log: readReal(`${path}-wal`) ?? NO_CONTENT.log };
}

/** Makes a folder that holds nothing but these. */
export function writeContent(directory: string, { main, log }: SqliteContent): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  if (main.length > 0) writeFileSync(join(directory, "journal.db"), main);
  if (log.length > 0) writeFileSync(join(directory, "journal.db-wal"), log);
}

/**
 * What a statement that was cut short may leave. A commit writes the log and then syncs it. A checkpoint writes the
 * database, syncs it, and only then cuts the log. The log's header is synced before what follows it.
 */
export function cutStatement(before: SqliteContent, after: SqliteContent, rng: Rng): SqliteContent {
  if (before.main.length === 0) return before;
  if (after.log.length < before.log.length) {
    const isCut = rng.nextFloat() < 0.3;
    return isCut ? after : { main: tearSectors(before.main, after.main, rng), log: before.log };
  }
  const log = tearSectors(before.log, after.log, rng);
  if (log.length > LOG_HEADER_BYTES) log.set(after.log.subarray(0, LOG_HEADER_BYTES));
  return { main: before.main, log };
}

/**
 * SQLite with a point before, within and after each statement; a process that ends within one leaves it cut short, as
 * `left` says then. `opened` collects the databases, to be closed afterwards.
 */
export function cuttableSqlite(openSqlite: OpenSqlite, directory: string, points: Points) {
  const opened: { close(): void }[] = [];
  let within: { readonly before: SqliteContent; readonly after: SqliteContent } | undefined;
  const open: OpenSqlite = (path, options) => {
    const database = openSqlite(path, options);
    let isOpen = true;
    const close = (): void => {
      if (isOpen) database.close();
      isOpen = false;
    };
    opened.push({ close });
    return {
      exec(sql) {
        const name = sql.trim().split(/[ ;]/, 2).join(" ");
        points.hit(`before ${name}`);
        const before = readContent(directory);
        database.exec(sql);
        if (/COMMIT|wal_checkpoint/.test(sql) && path.endsWith("journal.db")) {
          within = { before, after: readContent(directory) };
          points.hit(`within ${name}`);
          within = undefined;
        }
        points.hit(`after ${name}`);
      },
      prepare: (sql) => database.prepare(sql),
      close() {
        if (!points.isDead) close();
      },
    };
  };
  return {
    open,
    opened,
    left: (rng: Rng): SqliteContent =>
      within === undefined ? readContent(directory) : cutStatement(within.before, within.after, rng),
  };
}
