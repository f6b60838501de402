import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { isContentHash } from "../../shared/base/hash.ts";
import { nextPosition } from "./chain.ts";
import { parseJournalEvent } from "./journalEvent.ts";
import { type OpenSqlite, type SqliteDatabase, type SqliteValue, sqliteErrorCode } from "./sqliteDatabase.ts";
import type { JournalPosition, StoredEvent } from "./store.ts";
import { CorruptStoreError } from "./storeErrors.ts";
import type { StoreFiles } from "./storeFiles.ts";

interface JournalTables {
  readonly events: {
    readonly seq: number;
    readonly hash: string;
    /** Canonical JSON. */
    readonly event: string;
  };
}
type EventRow = JournalTables["events"];

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
const PAGE_ROWS = 256;
/** Of the file itself, so that an old binary refuses a newer journal: PRAGMA user_version. */
const FORMAT_VERSION = 1;

/** Rows of a journal, as SQL. Queries are built by Kysely, so that another database can serve them, and run at once. */
export interface JournalDatabase {
  /** Writes the events in one transaction; durable when it returns. */
  insert(rows: readonly (JournalPosition & { readonly text: string })[]): void;
  /**
   * The events from `fromSeq`, in pages, so that writes may go on between two of them.
   * @throws CorruptStoreError at the first event that is missing, changed or malformed.
   */
  read(fromSeq: number): Iterable<StoredEvent>;
  /** Moves what is in the write-ahead log into the main file: a clean end leaves one file. */
  checkpoint(): void;
  close(): void;
}

export interface OpenJournalOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly files: Pick<StoreFiles, "exists">;
  readonly openSqlite: OpenSqlite;
}

/** @throws CorruptStoreError if the file is no journal of this version, or is read and does not exist. */
export async function openJournalDatabase(options: OpenJournalOptions): Promise<JournalDatabase> {
  const { path, readOnly, files, openSqlite } = options;
  if (readOnly && !(await files.exists(path))) throw new CorruptStoreError(`${path} does not exist: no journal here`);
  const database = guard(path, () => openSqlite(path, { readOnly }));
  try {
    guard(path, () => prepareFile(database, path, readOnly));
    return journalIn(database, path, readOnly);
  } catch (error) {
    database.close();
    throw error;
  }
}

function journalIn(database: SqliteDatabase, path: string, readOnly: boolean): JournalDatabase {
  const queries = new Kysely<JournalTables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  const all = <Row>(query: CompiledQuery<Row>): Row[] =>
    guard(path, () => database.prepare(query.sql).all(...(query.parameters as SqliteValue[])) as Row[]);
  const insertSql = queries.insertInto("events").values({ seq: 0, hash: "", event: "" }).compile().sql;
  const insertRow = readOnly ? undefined : database.prepare(insertSql);

  return {
    insert(rows) {
      if (insertRow === undefined) throw new TypeError("the journal was opened for reading");
      database.exec("BEGIN IMMEDIATE");
      for (const { seq, hash, text } of rows) insertRow.run(seq, hash, text);
      database.exec("COMMIT");
    },
    *read(fromSeq) {
      const page = (seq: number, limit: number): EventRow[] =>
        all(
          queries
            .selectFrom("events")
            .select(["seq", "hash", "event"])
            .where("seq", ">=", seq)
            .orderBy("seq")
            .limit(limit)
            .compile(),
        );
      let previous = fromSeq === 0 ? undefined : positionOf(page(fromSeq - 1, 1)[0], fromSeq - 1, path);
      for (;;) {
        const rows = page(previous === undefined ? 0 : previous.seq + 1, PAGE_ROWS);
        for (const row of rows) {
          const stored = checkRow(row, previous, path);
          yield stored;
          previous = stored;
        }
        if (rows.length < PAGE_ROWS) return;
      }
    },
    checkpoint: () => database.exec("PRAGMA wal_checkpoint(TRUNCATE)"),
    close: () => database.close(),
  };
}

function prepareFile(database: SqliteDatabase, path: string, readOnly: boolean): void {
  // WAL: readers never wait for the writer. FULL: a commit returns after its fsync.
  if (!readOnly)
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608");
  const [row] = database.prepare("PRAGMA user_version").all() as { readonly user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > FORMAT_VERSION) {
    throw new CorruptStoreError(
      `${path} has format ${version}, this version reads up to ${FORMAT_VERSION}; upgrade headwater`,
    );
  }
  if (version === FORMAT_VERSION) return;
  if (readOnly) throw new CorruptStoreError(`${path} holds no journal`);
  database.exec(
    `BEGIN IMMEDIATE;
     CREATE TABLE events (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, event TEXT NOT NULL) STRICT;
     PRAGMA user_version = ${FORMAT_VERSION};
     COMMIT`,
  );
}

function positionOf(row: EventRow | undefined, seq: number, path: string): JournalPosition {
  if (row === undefined || row.seq !== seq || !isContentHash(row.hash)) {
    throw new CorruptStoreError(`${path}: event ${seq} is missing or has no hash`);
  }
  return { seq, hash: row.hash };
}

function checkRow(row: EventRow, previous: JournalPosition | undefined, path: string): StoredEvent {
  const position = nextPosition(previous, row.event);
  if (row.seq !== position.seq)
    throw new CorruptStoreError(`${path}: event ${position.seq} is missing, found ${row.seq}`);
  if (row.hash !== position.hash) {
    throw new CorruptStoreError(
      `${path}: event ${row.seq} does not match its chain hash: it, or one before it, was changed`,
    );
  }
  try {
    return { ...position, event: parseJournalEvent(JSON.parse(row.event)) };
  } catch (error) {
    throw new CorruptStoreError(`${path}: event ${row.seq} is malformed`, { cause: error });
  }
}

/** Names damage that SQLite itself finds. */
function guard<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = sqliteErrorCode(error);
    if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) throw error;
    throw new CorruptStoreError(`${path} is damaged: ${(error as Error).message}`, { cause: error });
  }
}
