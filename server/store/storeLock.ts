import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OpenSqlite, sqliteErrorCode } from "./sqliteDatabase.ts";
import { StoreLockedError } from "./storeErrors.ts";

const SQLITE_BUSY = 5;

/**
 * Makes this process the only writer of a directory; the returned function lets go.
 *
 * The lock is SQLite's own exclusive lock on an empty database, held in a transaction that never ends. The operating
 * system drops it with the process, however that dies, so there is no stale lock to detect and no process id to
 * trust: the id in `lock.pid` is for the message alone.
 * @throws StoreLockedError if another process, or another store of this one, holds it.
 */
export function lockStore(directory: string, openSqlite: OpenSqlite): () => void {
  const holder = join(directory, "lock.pid");
  const database = openSqlite(join(directory, "lock.db"));
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (sqliteErrorCode(error) !== SQLITE_BUSY) throw error;
    throw new StoreLockedError(
      `${directory} is in use by ${holderText(holder)}; stop that one, or choose another directory`,
      { cause: error },
    );
  }
  writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  return () => database.close();
}

/** The holder writes its id a moment after it got the lock. */
function holderText(path: string): string {
  try {
    return `process ${readFileSync(path, "utf8").trim()}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "a process that is just starting";
    throw error;
  }
}
