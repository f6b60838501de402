import { join } from "node:path";
import { loadCoordinatorSeed } from "../../../server/store/coordinatorSeed.ts";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { JournalPosition } from "../../../server/store/store.ts";
import { createRng, type Rng } from "../../../shared/base/rng.ts";
import { createModelDisk, cutPower, type DiskContent } from "./modelDisk.ts";
import { createPoints } from "./points.ts";
import { cuttableSqlite, NO_CONTENT, type SqliteContent, writeContent } from "./sqliteFiles.ts";
import { checkFinished, checkRecovered, playToEnd } from "./workload.ts";

export interface PowerDrillOptions {
  readonly directory: string;
  readonly traces: number;
  readonly seed: number;
}

export interface PowerDrillResult {
  readonly numCuts: number;
  /** Cuts by the step that they came in. */
  readonly cutsIn: Readonly<Record<string, number>>;
  /** Starts that found events which nobody had been told of: a commit that was cut short and was whole nonetheless. */
  readonly numSurprises: number;
}

const ROUNDS = 2;

/** What one life of the process leaves to the next. */
interface Left {
  readonly disk: DiskContent;
  readonly sqlite: SqliteContent;
}

/**
 * Cuts the power at a random step of a run, and half the time again while the next process recovers or goes on. What was
 * not synced is dropped, reordered and torn at 512 bytes: blobs and the key in a model of a file system; SQLite's files,
 * which it writes by itself, in what a commit or a checkpoint was writing at that moment. What was acknowledged must be
 * there after each cut, and the last process must finish the run.
 */
export async function runPowerDrill({ directory, traces, seed }: PowerDrillOptions): Promise<PowerDrillResult> {
  const cutsIn: Record<string, number> = {};
  let [numCuts, numSurprises] = [0, 0];
  for (let trace = 0; trace < traces; trace++) {
    const rng = createRng(seed, "power", trace);
    const acknowledged: JournalPosition[] = [];
    const numLives = 2 + rng.nextBelow(2);
    let left: Left = { disk: new Map(), sqlite: NO_CONTENT };
    for (let life = 1; life <= numLives; life++) {
      const crashAt = life === numLives ? 0 : 1 + rng.nextBelow(life === 1 ? MOST_POINTS : MOST_POINTS / 3);
      try {
        const lived = await live({ directory: join(directory, "data"), left, crashAt, rng, acknowledged });
        if (lived.foundMore) numSurprises++;
        if (lived.cutIn === undefined) break;
        cutsIn[lived.cutIn] = (cutsIn[lived.cutIn] ?? 0) + 1;
        numCuts++;
        ({ left } = lived);
      } catch (error) {
        throw new Error(`trace ${trace} of seed ${seed}, life ${life}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  return { numCuts, cutsIn, numSurprises };
}

/** About as many points as a run has. */
const MOST_POINTS = 270;

interface Life {
  readonly directory: string;
  readonly left: Left;
  /** 0: it lives to the end. */
  readonly crashAt: number;
  readonly rng: Rng;
  readonly acknowledged: JournalPosition[];
}

interface Lived {
  readonly left: Left;
  /** The step, undefined if the run was finished before. */
  readonly cutIn: string | undefined;
  readonly foundMore: boolean;
}

async function live({ directory, left, crashAt, rng, acknowledged }: Life): Promise<Lived> {
  writeContent(directory, left.sqlite);
  let after = left;
  const points = createPoints(crashAt, () => {
    after = { disk: cutPower(left.disk, rng), sqlite: sqlite.left(rng) };
  });
  const sqlite = cuttableSqlite(await loadSqlite(), directory, points);
  const files = createModelDisk(points.hit, left.disk);
  let foundMore = false;
  try {
    const store = await openStore({ directory, windowMs: 0, files, openSqlite: sqlite.open });
    await checkRecovered(store, acknowledged);
    foundMore = (store.head?.seq ?? -1) > (acknowledged.at(-1)?.seq ?? -1);
    await loadCoordinatorSeed({ directory, files });
    await playToEnd(store, {
      rounds: ROUNDS,
      ack(position) {
        points.hit("before ack");
        acknowledged.push(position);
        points.hit("after ack");
      },
    });
    checkFinished(store, ROUNDS);
    await store.close();
    return { left: after, cutIn: undefined, foundMore };
  } catch (error) {
    if (!points.isDead) throw error;
    return { left: after, cutIn: points.names.at(-1) as string, foundMore };
  } finally {
    await new Promise(setImmediate);
    for (const database of sqlite.opened) database.close();
  }
}
