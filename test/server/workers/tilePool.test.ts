import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createRobustRule } from "../../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../../server/strategies/robust/inlineTiles.ts";
import { runSpan } from "../../../server/strategies/robust/runSpan.ts";
import { spansOf } from "../../../server/strategies/robust/spans.ts";
import {
  addSums,
  numSums,
  numValues,
  type TileCall,
  type TileRunner,
} from "../../../server/strategies/robust/tileCall.ts";
import { updateRows } from "../../../server/strategies/robust/updateRows.ts";
import { readStored } from "../../../server/workers/readStored.ts";
import { createTilePool, type TilePool } from "../../../server/workers/tilePool.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { floatsToBytes } from "../../../shared/params/littleEndian.ts";
import type { RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";
import { rowsOf } from "../../support/aggregateRows.ts";
import { distUrl } from "../../support/dist.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const workerUrl = distUrl("server/workers/tileWorker.js");
/** Three spans, the last of them short and no multiple of a tile. */
const NUM_PARAMS = 2 * 16_384 + 1_003;
const rng = createRng("tilePool");
const ROWS = Array.from({ length: 11 }, () => Float32Array.from({ length: NUM_PARAMS }, () => rng.nextFloat() - 0.3));
const CONTEXT = {
  kept: new Map([["aggregate", Float64Array.from({ length: NUM_PARAMS }, () => rng.nextFloat())]]),
  rootDelta: Float32Array.from({ length: NUM_PARAMS }, () => rng.nextFloat()),
  seed: "seed",
};

/** The first coordinates, some across two spans, all of a tile but its ends, the last ones. */
const HIDDEN = [
  { offset: 0, length: 3 },
  { offset: 16_000, length: 1_000 },
  { offset: 20_481, length: 254 },
  { offset: NUM_PARAMS - 2, length: 2 },
];

const PLANS: readonly RobustPlan[] = [
  { kind: "median" },
  { kind: "trimmed-mean", byzantine: 2, before: [{ kind: "norm-bound", bound: { quantile: 0.5 } }] },
  { kind: "krum", byzantine: 2 },
  { kind: "multi-krum", byzantine: 2, before: [{ kind: "nnm", byzantine: 2 }] },
  { kind: "bulyan", byzantine: 2 },
  { kind: "geometric-median", iterations: 4 },
  { kind: "centred-clipping", tau: 10, iterations: 2 },
  { kind: "arc", byzantine: 2 },
  { kind: "fltrust" },
  { kind: "flame", noiseMultiplier: 0.1 },
];

/** Runs the spans last to first and adds their sums first to last. */
const backwards: TileRunner = {
  run(call: TileCall) {
    const values = new Float64Array(numValues(call));
    const sums = new Float64Array(numSums(call));
    const ofSpans = [...spansOf(NUM_PARAMS)].reverse().map((span) => runSpan(call, span, values));
    for (const ofSpan of ofSpans.reverse()) addSums(sums, ofSpan);
    return { sums, values };
  },
};

const pools: TilePool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function openPool(numWorkers: number): TilePool {
  const pool = createTilePool({ numWorkers, workerUrl });
  pools.push(pool);
  return pool;
}

function aggregate(plan: RobustPlan, tiles: TileRunner, rows = rowsOf(ROWS)): Float64Array | Promise<Float64Array> {
  const result = createRobustRule(plan, { numParams: rows.numParams }).aggregate(rows, { ...CONTEXT, tiles });
  return result instanceof Promise ? result.then(({ delta }) => delta) : result.delta;
}

/** Compared as bytes: `toEqual` takes half a second for so many numbers. */
function expectSameBits(actual: Float64Array, expected: Float64Array | Promise<Float64Array>): void {
  expect(expected).toBeInstanceOf(Float64Array);
  expect(Buffer.from(actual.buffer).equals(Buffer.from((expected as Float64Array).buffer))).toBe(true);
}

describe("createTilePool", () => {
  it("gives the bits of the inline tiles with any number of workers and in any order of spans", async () => {
    const [one, three] = [openPool(1), openPool(3)];
    for (const plan of PLANS) {
      const inline = aggregate(plan, inlineTiles);
      expectSameBits(await aggregate(plan, one), inline);
      expectSameBits(await aggregate(plan, three), inline);
      expectSameBits(await aggregate(plan, backwards), inline);
    }
  });

  it("gives the bits of the inline tiles where coordinates are hidden", async () => {
    const pool = openPool(2);
    const rows = { ...rowsOf(ROWS), hidden: HIDDEN };
    for (const plan of PLANS) expectSameBits(await aggregate(plan, pool, rows), aggregate(plan, inlineTiles, rows));
    const median = await aggregate({ kind: "median" }, pool, rows);
    const isHidden = (i: number) => HIDDEN.some(({ offset, length }) => offset <= i && i < offset + length);
    const whole = aggregate({ kind: "median" }, inlineTiles) as Float64Array;
    expectSameBits(
      median,
      whole.map((value, i) => (isHidden(i) ? 0 : value)),
    );
  });

  it("hands out results in memory of their own, which no thread shares", async () => {
    const result = await aggregate({ kind: "median" }, openPool(2));
    expect(result.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("takes deltas in shared memory as they are, and several aggregates at once", async () => {
    const pool = openPool(2);
    const shared = ROWS.map((row) => {
      const copy = new Float32Array(new SharedArrayBuffer(row.byteLength));
      copy.set(row);
      return copy;
    });
    const rows = {
      clientIds: shared.map((_, i) => `c${i}`),
      numParams: NUM_PARAMS,
      row: (i: number) => shared[i] as Float32Array,
    };
    const results = await Promise.all(PLANS.slice(0, 4).map((plan) => aggregate(plan, pool, rows)));
    for (const [i, plan] of PLANS.slice(0, 4).entries()) expectSameBits(results[i]!, aggregate(plan, inlineTiles));
  });

  it("rejects with the reason when an update is not finite, and serves the next aggregate", async () => {
    const pool = openPool(2);
    const bad = ROWS.map((row) => row.slice());
    bad[3]![20_000] = Number.NaN;
    await expect(aggregate({ kind: "median" }, pool, rowsOf(bad))).rejects.toThrow(
      new RangeError("updates expected finite values, got NaN at param 20000"),
    );
    expectSameBits(await aggregate({ kind: "median" }, pool), aggregate({ kind: "median" }, inlineTiles));
  });

  it("reads deltas from their files, and rejects with the file's name where one ends too early", async () => {
    const pool = openPool(2);
    const folder = temporaryFolder();
    const inFile = (clientId: string, values: Float32Array) => {
      const path = join(folder, clientId);
      writeFileSync(path, Buffer.concat([Buffer.alloc(8), floatsToBytes(values)]));
      return { clientId, delta: { path, offset: 8, length: NUM_PARAMS } };
    };
    const updates = ROWS.map((delta, i) => (i % 3 === 0 ? { clientId: `c${i}`, delta } : inFile(`c${i}`, delta)));
    const inMemory = ROWS.map((delta, i) => ({ clientId: `c${i}`, delta }));
    for (const kind of ["median", "krum", "arc"]) {
      const plan = PLANS.find((other) => other.kind === kind) as RobustPlan;
      const [rows, expected] = [updateRows(updates, readStored), aggregate(plan, inlineTiles, updateRows(inMemory))];
      expectSameBits(await aggregate(plan, pool, rows), expected);
      expectSameBits(await aggregate(plan, inlineTiles, rows), expected);
      const hidden = aggregate(plan, inlineTiles, { ...updateRows(inMemory), hidden: HIDDEN });
      expectSameBits(await aggregate(plan, pool, { ...rows, hidden: HIDDEN }), hidden);
    }
    const gone = updateRows(
      [...updates, { clientId: "c99", delta: { path: "/no/such/file", offset: 0, length: NUM_PARAMS } }],
      readStored,
    );
    await expect(aggregate({ kind: "median" }, pool, gone)).rejects.toMatchObject({ code: "ENOENT", syscall: "open" });
    inFile("c4", (ROWS[4] as Float32Array).subarray(0, 20_000));
    const cut = aggregate({ kind: "median" }, pool, updateRows(updates, readStored));
    // Of the two spans that the file lacks, either thread may be the first to tell.
    await expect(cut).rejects.toThrow(/c4 expected \d+ bytes from byte \d+ on, got \d+: it was cut short/);
    expectSameBits(await aggregate({ kind: "median" }, pool), aggregate({ kind: "median" }, inlineTiles));
  });

  it("keeps a long pass over one span, such as that over all pairs, out of the caller's thread", async () => {
    const many = rowsOf(Array.from({ length: 300 }, () => Float32Array.from({ length: 128 }, () => rng.nextFloat())));
    const krum: RobustPlan = { kind: "krum", byzantine: 9 };
    const aggregated = aggregate(krum, openPool(1), many);
    expect(aggregated).toBeInstanceOf(Promise);
    expectSameBits(await aggregated, aggregate(krum, inlineTiles, many));
  });

  it("runs a short pass over one span inline: the answer is no promise", () => {
    const pool = createTilePool({ numWorkers: 1, workerUrl: new URL("file:///no/such/worker.js") });
    pools.push(pool);
    const rows = rowsOf([[1], [2], [3]]);
    const rule = createRobustRule({ kind: "median" }, { numParams: 1 });
    expect(rule.aggregate(rows, { kept: new Map(), seed: "s", tiles: pool })).toEqual({
      delta: Float64Array.of(2),
      kept: new Map(),
    });
  });

  it("fails aggregates when a thread cannot start, and after it was closed", async () => {
    const broken = createTilePool({ numWorkers: 1, workerUrl: new URL("file:///no/such/worker.js") });
    pools.push(broken);
    await expect(aggregate({ kind: "median" }, broken)).rejects.toThrow("an aggregation thread stopped");
    const pool = openPool(1);
    await pool.close();
    await expect(aggregate({ kind: "median" }, pool)).rejects.toThrow("the aggregation threads were closed");
  });

  it("fails the aggregate that runs when it is closed", async () => {
    const pool = openPool(1);
    const running = aggregate({ kind: "median" }, pool) as Promise<Float64Array>;
    const failed = expect(running).rejects.toThrow("the aggregation threads were closed");
    await pool.close();
    await failed;
  });
});

describe("spansOf", () => {
  it.each([
    1,
    16_384,
    16_385,
    1_000_000,
    1_663_370,
    16 * 1024 * 1024,
  ])("covers %i coordinates once, in order", (numParams) => {
    const spans = spansOf(numParams);
    expect(spans.length).toBeLessThanOrEqual(64);
    expect(spans[0]!.start).toBe(0);
    expect(spans.at(-1)!.end).toBe(numParams);
    for (const [i, { index, start, end }] of spans.entries()) {
      expect(index).toBe(i);
      expect(end).toBeGreaterThan(start);
      expect(end).toBe(spans[i + 1]?.start ?? numParams);
    }
  });
});
