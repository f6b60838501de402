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
import { type JournalEvent, parseJournalEvent } from "./journalEvent.ts";
import { assertJournalThere, lostJournal } from "./lostJournal.ts";
import { type OpenSqlite, type SqliteDatabase, type SqliteValue, sqliteErrorCode } from "./sqliteDatabase.ts";
import type { JournalPosition, StoredEvent } from "./store.ts";
import { CorruptStoreError, StoreFormatError } from "./storeErrors.ts";
import type { StoreFiles } from "./storeFiles.ts";
import { findLogDamage } from "./walDamage.ts";

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
/** What SQLite says, under no code of its own, when a byte of the file's header is wrong. */
const BAD_HEADER = "unsupported file format";
const PAGE_ROWS = 256;
/** The log's size from which it is moved into the main file. */
const LOG_BYTES = 4 << 20;
/**
 * Of the file itself, so that an old binary refuses a newer journal instead of calling it damaged: PRAGMA user_version.
 * 1: the first events. 2: more kinds of events and fields of them; what was written as 1 is read as it is.
 */
const FORMAT_VERSION = 2;

/** An event as it lies in the journal. */
export interface JournalRow extends StoredEvent {
  /** Canonical JSON: what the chain covers. */
  readonly text: string;
}

/** Rows of a journal, as SQL. Queries are built by Kysely, so that another database can serve them, and run at once. */
export interface JournalDatabase {
  /** Writes the events in one transaction; durable when it returns. */
  insert(rows: readonly (JournalPosition & { readonly text: string })[]): void;
  /** Moves what is in the write-ahead log into the main file once there is much of it. */
  checkpointIfDue(): void;
  /**
   * The events from `fromSeq`, in pages, so that writes may go on between two of them.
   * @throws CorruptStoreError at the first event that is missing, changed or malformed.
   */
  read(fromSeq: number): Iterable<JournalRow>;
  /** The same of events that this process has checked or written: neither hashed nor held to their schema again. */
  readChecked(fromSeq: number): Iterable<JournalRow>;
  /** What is wrong with the structure of the file, in SQLite's words; undefined if nothing is. */
  findDamage(): string | undefined;
  /** Gives up the transaction that a failed write may have left open, so that another connection can write. */
  abandon(): void;
  /** Moves all of the write-ahead log into the main file, unless a reader is in the way: a clean end leaves one file. */
  checkpoint(): void;
  /** Makes it one plain file, that can also be read where nothing can be written. */
  pack(): void;
  close(): void;
}

export interface OpenJournalOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly files: Pick<StoreFiles, "exists" | "read">;
  readonly openSqlite: OpenSqlite;
  /** Blobs that lie beside it, 0 when absent: over them no journal is begun. */
  readonly numBlobs?: number;
}

/**
 * Opens a journal, to write as the holder of the store's lock. Before the writer begins, the pages of the file are
 * checked, and what an earlier process left in the write-ahead log is written and synced anew: it may be in the memory
 * of the system alone.
 * @throws CorruptStoreError if the file is damaged or no journal, or does not exist and is read or has blobs beside it;
 * StoreFormatError if a newer version wrote it.
 */
export async function openJournalDatabase(options: OpenJournalOptions): Promise<JournalDatabase> {
  const { path, readOnly, files, openSqlite, numBlobs = 0 } = options;
  if (!readOnly) await assertJournalThere(path, numBlobs);
  if (readOnly && !(await files.exists(path))) throw new CorruptStoreError(`${path} does not exist: no journal here`);
  if (!readOnly) await assertLogWhole(`${path}-wal`, files);
  const database = guard(path, () => openSqlite(path, { readOnly }));
  try {
    guard(path, () => prepareFile(database, { path, readOnly, numBlobs }));
    if (!readOnly) guard(path, () => assertPagesWhole(database, path));
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
  let logBytes = 0;

  function page(seq: number, limit: number): EventRow[] {
    return all(
      queries
        .selectFrom("events")
        .select(["seq", "hash", "event"])
        .where("seq", ">=", seq)
        .orderBy("seq")
        .limit(limit)
        .compile(),
    );
  }

  function* rowsFrom(
    fromSeq: number,
    toStored: (row: EventRow, previous: JournalPosition | undefined, path: string) => JournalRow,
  ): Generator<JournalRow> {
    let previous = fromSeq === 0 ? undefined : positionOf(page(fromSeq - 1, 1)[0], fromSeq - 1, path);
    for (;;) {
      const rows = page(previous === undefined ? 0 : previous.seq + 1, PAGE_ROWS);
      for (const row of rows) {
        const stored = toStored(row, previous, path);
        yield stored;
        previous = stored;
      }
      if (rows.length < PAGE_ROWS) return;
    }
  }

  return {
    insert(rows) {
      if (insertRow === undefined) throw new TypeError("the journal was opened for reading");
      database.exec("BEGIN IMMEDIATE");
      for (const { seq, hash, text } of rows) insertRow.run(seq, hash, text);
      database.exec("COMMIT");
      for (const { text } of rows) logBytes += text.length;
    },
    checkpointIfDue() {
      if (logBytes < LOG_BYTES) return;
      logBytes = 0;
      database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    },
    read: (fromSeq) => rowsFrom(fromSeq, checkRow),
    readChecked: (fromSeq) => rowsFrom(fromSeq, rowAsIs),
    findDamage: () => guard(path, () => damageOf(database)),
    abandon() {
      try {
        database.exec("ROLLBACK");
      } catch (error) {
        // SQLite had rolled back by itself; that it has, older versions of node:sqlite cannot say.
        if (!/no transaction is active/.test((error as Error).message)) throw error;
      }
    },
    checkpoint: () => database.exec("PRAGMA wal_checkpoint(TRUNCATE)"),
    pack: () => database.exec("PRAGMA journal_mode = DELETE"),
    close: () => database.close(),
  };
}

type Preparing = Required<Pick<OpenJournalOptions, "path" | "readOnly" | "numBlobs">>;

function prepareFile(database: SqliteDatabase, { path, readOnly, numBlobs }: Preparing): void {
  const [row] = database.prepare("PRAGMA user_version").all() as { readonly user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > FORMAT_VERSION) {
    throw new StoreFormatError(
      `${path} has format ${version}, this version reads up to ${FORMAT_VERSION}; upgrade headwater`,
    );
  }
  if (readOnly) {
    if (version === 0) throw new CorruptStoreError(`${path} expected a journal, and holds none`);
    return;
  }
  if (version === 0 && numBlobs > 0) throw lostJournal(path, numBlobs, "holds no journal: was its log left behind?");
  // WAL: readers never wait for the writer. FULL: a commit returns after its fsync. No automatic checkpoints: SQLite
  // hides a sync that fails in one, and would try it again.
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
     PRAGMA journal_size_limit = ${2 * LOG_BYTES}; PRAGMA wal_checkpoint(TRUNCATE)`,
  );
  const create =
    version === 0
      ? "CREATE TABLE events (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, event TEXT NOT NULL) STRICT;"
      : "";
  if (version < FORMAT_VERSION) {
    database.exec(`BEGIN IMMEDIATE; ${create} PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
  }
}

/** @throws CorruptStoreError if commits were lost from the middle of the log, where SQLite would end it in silence. */
async function assertLogWhole(path: string, files: Pick<StoreFiles, "read">): Promise<void> {
  const log = await files.read(path);
  const damage = log && findLogDamage(log);
  if (damage !== undefined) throw new CorruptStoreError(`${path}: ${damage}`);
}

/** The chain would miss events that vanished from the end of a page; the structure of the page does not. */
function assertPagesWhole(database: SqliteDatabase, path: string): void {
  const damage = damageOf(database);
  if (damage !== undefined) throw new CorruptStoreError(`${path} is damaged: ${damage}`);
}

function damageOf(database: SqliteDatabase): string | undefined {
  const [row] = database.prepare("PRAGMA quick_check(1)").all() as { readonly quick_check: string }[];
  return row?.quick_check === "ok" ? undefined : String(row?.quick_check);
}

function positionOf(row: EventRow | undefined, seq: number, path: string): JournalPosition {
  if (row === undefined || row.seq !== seq || !isContentHash(row.hash)) {
    throw new CorruptStoreError(`${path}: event ${seq} is missing or has no hash`);
  }
  return { seq, hash: row.hash };
}

function checkRow(row: EventRow, previous: JournalPosition | undefined, path: string): JournalRow {
  const position = nextPosition(previous, row.event);
  if (row.seq !== position.seq)
    throw new CorruptStoreError(`${path}: event ${position.seq} is missing, event ${row.seq} comes next`);
  if (row.hash !== position.hash) {
    throw new CorruptStoreError(
      `${path}: event ${row.seq} expected the chain hash ${position.hash}, got ${row.hash}: it, or one before it, was changed`,
    );
  }
  try {
    return { ...position, text: row.event, event: parseJournalEvent(JSON.parse(row.event)) };
  } catch (error) {
    throw new CorruptStoreError(`${path}: event ${row.seq} is malformed: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function rowAsIs(row: EventRow, previous: JournalPosition | undefined, path: string): JournalRow {
  const seq = previous === undefined ? 0 : previous.seq + 1;
  return { ...positionOf(row, seq, path), text: row.event, event: JSON.parse(row.event) as JournalEvent };
}

/** Names damage that SQLite itself finds. */
function guard<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = sqliteErrorCode(error);
    const isDamage = code === SQLITE_CORRUPT || code === SQLITE_NOTADB || (error as Error).message === BAD_HEADER;
    if (!isDamage) throw error;
    throw new CorruptStoreError(`${path} is damaged: ${(error as Error).message}`, { cause: error });
  }
}
