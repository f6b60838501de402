/** A value that SQLite can hold. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** The part of `node:sqlite`'s StatementSync that the store uses. */
interface SqliteStatement {
  run(...parameters: SqliteValue[]): unknown;
  all(...parameters: SqliteValue[]): unknown[];
}

/** The part of `node:sqlite`'s DatabaseSync that the store uses. A failed call throws an Error with `errcode`. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** Opens, and unless `readOnly` creates, the database in a file. */
export type OpenSqlite = (path: string, options?: { readonly readOnly?: boolean }) => SqliteDatabase;

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => SqliteDatabase;
}

/**
 * SQLite as this Node brings it: `node:sqlite` (built in from 22.13), else its prebuilt twin `@photostructure/sqlite`.
 * A process must use one of them for all files: a POSIX lock is lost when any descriptor of its file is closed, and
 * each copy of SQLite guards only its own. For the same reason no other code may open a store's *.db files.
 */
export async function loadSqlite(): Promise<OpenSqlite> {
  const { DatabaseSync } = (process.getBuiltinModule("node:sqlite") ??
    (await import("@photostructure/sqlite"))) as unknown as SqliteModule;
  return (path, { readOnly = false } = {}) => new DatabaseSync(path, { readOnly });
}

/** SQLite's own words, where `@photostructure/sqlite` gives no code (errors while rows are read). */
const CODE_OF_MESSAGE: ReadonlyMap<string, number> = new Map([
  ["database is locked", 5],
  ["database disk image is malformed", 11],
  ["file is not a database", 26],
]);

/** SQLite's primary result code behind an error (5 = busy, 11 = corrupt, 26 = no database), undefined if unknown. */
export function sqliteErrorCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as { readonly errcode?: unknown }).errcode;
  return typeof code === "number" ? code & 0xff : CODE_OF_MESSAGE.get(error.message);
}
