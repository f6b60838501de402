import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { loadCoordinatorSeed } from "../../../server/store/coordinatorSeed.ts";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { JournalPosition } from "../../../server/store/store.ts";
import { nodeStoreFiles } from "../../../server/store/storeFiles.ts";
import { CrashError, createPoints, filesWithPoints, type Points, sqliteWithPoints } from "./points.ts";
import { checkFinished, checkRecovered, playToEnd } from "./workload.ts";

export interface FailpointDrillOptions {
  readonly directory: string;
  readonly rounds: number;
  /** Of the points at which the first process ends, every how many; 1 is all. */
  readonly every: number;
  /** Of the points at which the second process ends, while it recovers or later; 0 leaves it alone. */
  readonly everyAgain: number;
}

export interface FailpointDrillResult {
  /** Places at which the first process may end. */
  readonly numPoints: number;
  readonly kinds: readonly string[];
  /** Processes that were ended, first and second. */
  readonly numCrashes: number;
}

interface Ended {
  readonly points: Points;
  readonly isFinished: boolean;
}

/**
 * Ends a process at every place before or after a write, a sync, a rename, a statement or an acknowledgement; starts it
 * again from what was on the disk at that moment, and ends that one at every place, too; then lets it finish. What was
 * acknowledged must be there each time, and the finished run must hold each round and update once.
 */
export async function runFailpointDrill(options: FailpointDrillOptions): Promise<FailpointDrillResult> {
  const { directory, rounds, every, everyAgain } = options;
  const empty = join(directory, "empty");
  const whole = await startAndEnd({ from: empty, to: join(directory, "none"), crashAt: 0, rounds, acknowledged: [] });
  const numPoints = whole.points.names.length;
  let numCrashes = 0;
  for (let first = 1; first <= numPoints; first += every) {
    const acknowledged: JournalPosition[] = [];
    const once = join(directory, "once");
    const ended = await startAndEnd({ from: empty, to: once, crashAt: first, rounds, acknowledged });
    if (ended.isFinished) break; // writers share syncs as they happen to meet: this run had fewer points
    numCrashes++;
    await finish(once, rounds, acknowledged);
    if (everyAgain === 0) continue;
    for (let second = 1; ; second += everyAgain) {
      const again = [...acknowledged];
      const twice = join(directory, "twice");
      const { isFinished } = await startAndEnd({ from: once, to: twice, crashAt: second, rounds, acknowledged: again });
      if (isFinished) break;
      numCrashes++;
      await finish(twice, rounds, again);
    }
  }
  return { numPoints, kinds: [...new Set(whole.points.names)].sort(), numCrashes };
}

interface StartOptions {
  readonly from: string;
  /** Gets what is on the disk when the process ends. */
  readonly to: string;
  readonly crashAt: number;
  readonly rounds: number;
  readonly acknowledged: JournalPosition[];
}

async function startAndEnd({ from, to, crashAt, rounds, acknowledged }: StartOptions): Promise<Ended> {
  const work = `${to}.work`;
  for (const folder of [work, to]) rmSync(folder, { recursive: true, force: true });
  if (existsSync(from)) cpSync(from, work, { recursive: true });
  const points = createPoints(crashAt, () => snapshot(work, to));
  const opened: { close(): void }[] = [];
  const files = filesWithPoints(nodeStoreFiles, points);
  const openSqlite = sqliteWithPoints(await loadSqlite(), points, opened);
  try {
    const store = await openStore({ directory: work, windowMs: 0, files, openSqlite });
    await loadCoordinatorSeed({ directory: work, files });
    await playToEnd(store, {
      rounds,
      ack(position) {
        points.hit("before ack");
        acknowledged.push(position);
        points.hit("after ack");
      },
    });
    await store.close();
    return { points, isFinished: true };
  } catch (error) {
    if (!points.isDead) throw error;
    expect(causes(error).some((cause) => cause instanceof CrashError)).toBe(true);
    return { points, isFinished: false };
  } finally {
    await new Promise(setImmediate); // what was under way in the file system
    for (const database of opened) database.close();
  }
}

/** Copies what is on the disk; writes of other threads may be under way, so a file that vanishes is tried again. */
export function snapshot(from: string, to: string): void {
  for (let attempt = 0; existsSync(from); attempt++) {
    try {
      rmSync(to, { recursive: true, force: true });
      cpSync(from, to, { recursive: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 100) throw error;
    }
  }
}

/** Starts from a copy of what was left, checks it, goes on to the end. */
async function finish(left: string, rounds: number, acknowledged: readonly JournalPosition[]): Promise<void> {
  const directory = `${left}.finish`;
  rmSync(directory, { recursive: true, force: true });
  if (existsSync(left)) cpSync(left, directory, { recursive: true });
  const store = await openStore({ directory, windowMs: 0 });
  await loadCoordinatorSeed({ directory });
  await checkRecovered(store, acknowledged);
  await playToEnd(store, { rounds, ack() {} });
  checkFinished(store, rounds);
  await store.close();
  const files = readdirSync(directory, { recursive: true }) as string[];
  expect(files.filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

function causes(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}
