/** A value that SQLite can hold. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** The part of `node:sqlite`'s StatementSync that the store uses. */
export interface SqliteStatement {
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

/** SQLite's primary result code behind an error (5 = busy, 11 = corrupt, 13 = full), or undefined for other errors. */
export function sqliteErrorCode(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}
