import type { OpenSqlite } from "../../../server/store/sqliteDatabase.ts";
import type { StoreFiles } from "../../../server/store/storeFiles.ts";

/** Thrown at the point where a process ends, and by all that it would have done afterwards. */
export class CrashError extends Error {
  override readonly name = "CrashError";
}

/** The places at which a process may end or a step may fail, numbered in the order in which a run comes by them. */
export interface Points {
  readonly names: readonly string[];
  readonly isDead: boolean;
  /** Comes by a point. @throws CrashError at the chosen one, and always after it. */
  hit(name: string): void;
}

/** `onCrash` runs at the moment itself, for instance to copy what is on the disk. */
export function createPoints(crashAt: number, onCrash: () => void = () => {}): Points {
  const names: string[] = [];
  let isDead = false;
  return {
    names,
    get isDead() {
      return isDead;
    },
    hit(name) {
      if (isDead) throw new CrashError(`after ${name}`);
      names.push(name);
      if (names.length !== crashAt) return;
      isDead = true;
      onCrash();
      throw new CrashError(`point ${crashAt}: ${name}`);
    },
  };
}

/** Steps of the file system that change something. */
export const CHANGING_STEPS = ["makeFolder", "writeNew", "rename", "syncFolder", "remove", "removeFolder"] as const;

/** Files with a point before and after each step that changes something. */
export function filesWithPoints(files: StoreFiles, { hit }: Points): StoreFiles {
  const wrapped = { ...files } as Record<string, unknown>;
  for (const step of CHANGING_STEPS) {
    wrapped[step] = async (...args: never[]) => {
      hit(`before ${step}`);
      await (files[step] as (...args: never[]) => Promise<void>)(...args);
      hit(`after ${step}`);
    };
  }
  return wrapped as unknown as StoreFiles;
}

/** SQLite with a point before and after each statement. `opened` collects the databases, to be closed after a crash. */
export function sqliteWithPoints(openSqlite: OpenSqlite, points: Points, opened: { close(): void }[]): OpenSqlite {
  return (path, options) => {
    points.hit("before open");
    const database = openSqlite(path, options);
    const closing = { close: onlyOnce(() => database.close()) };
    opened.push(closing);
    const at = <T>(name: string, step: () => T): T => {
      points.hit(`before ${name}`);
      const result = step();
      points.hit(`after ${name}`);
      return result;
    };
    return {
      exec: (sql) => at(sql.split(/[ ;]/, 2).join(" "), () => database.exec(sql)),
      prepare(sql) {
        const statement = database.prepare(sql);
        return {
          all: (...parameters) => statement.all(...parameters),
          run: (...parameters) => at("insert", () => statement.run(...parameters)),
        };
      },
      close() {
        if (!points.isDead) closing.close(); // the dead close nothing: the snapshot is what they left
      },
    };
  };
}

function onlyOnce(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}
