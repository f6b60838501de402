// Milliseconds of each robust rule over 50 updates of a million params: in one thread, in two worker threads, and in one thread
// with all updates in files that the system has cached. One warm-up on a fiftieth of the params, then the median of the turns; the
// ways take turns. CPU is what the one thread used of its processor: on a busy machine the other columns say little.
//
//   npm run build && node bench/coordinator/robust.mjs [--updates 50] [--params 1000000] [--workers 2] [--turns 3] [--json result.json]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRobustRule } from "../../dist/server/strategies/robust/createRobustRule.js";
import { inlineTiles } from "../../dist/server/strategies/robust/inlineTiles.js";
import { updateRows } from "../../dist/server/strategies/robust/updateRows.js";
import { readStored } from "../../dist/server/workers/readStored.js";
import { createTilePool } from "../../dist/server/workers/tilePool.js";
import { createRng } from "../../dist/shared/base/rng.js";

const { values: options } = parseArgs({
  options: {
    updates: { type: "string", default: "50" },
    params: { type: "string", default: "1000000" },
    workers: { type: "string", default: "2" },
    turns: { type: "string", default: "3" },
    json: { type: "string" },
  },
});
const numUpdates = Number(options.updates);
const numWorkers = Number(options.workers);
const byzantine = Math.floor((numUpdates - 3) / 4);

const PLANS = [
  { kind: "norm-bound", bound: { quantile: 0.5 } },
  { kind: "median" },
  { kind: "trimmed-mean", byzantine },
  { kind: "krum", byzantine },
  { kind: "multi-krum", byzantine },
  { kind: "bulyan", byzantine },
  { kind: "geometric-median" },
  { kind: "centred-clipping", tau: 1, iterations: 3 },
  { kind: "arc", byzantine },
  {
    kind: "trimmed-mean",
    byzantine,
    before: [
      { kind: "norm-bound", bound: { quantile: 0.5 } },
      { kind: "nnm", byzantine },
    ],
  },
  { kind: "fltrust" },
  { kind: "flame", noiseMultiplier: 0.001 },
];

/** Updates of a common direction and noise of their own, of length about 1. */
function drawUpdates(numParams) {
  const rng = createRng("robust", numParams);
  const common = Float32Array.from({ length: numParams }, () => rng.nextFloat() - 0.5);
  const size = 2 / Math.sqrt(numParams);
  const updates = Array.from({ length: numUpdates }, (_, i) => {
    const delta = new Float32Array(new SharedArrayBuffer(4 * numParams));
    for (let at = 0; at < numParams; at++) delta[at] = size * (common[at] + rng.nextFloat() - 0.5);
    return { clientId: `client-${i}`, delta };
  });
  return { rows: updateRows(updates), stored: updateRows(updates.map(inFile), readStored), rootDelta: common };
}

function inFile({ clientId, delta }) {
  const path = join(directory, `${clientId}-${delta.length}`);
  writeFileSync(path, new Uint8Array(delta.buffer));
  return { clientId, delta: { path, offset: 0, length: delta.length } };
}

async function time(plan, rows, rootDelta, tiles) {
  const rule = createRobustRule(plan, { numParams: rows.numParams });
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  await rule.aggregate(rows, { kept: new Map(), rootDelta, seed: "bench", tiles });
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
}

function medianOf(times, field) {
  const values = times.map((time) => time[field]).sort((a, b) => a - b);
  return values[values.length >> 1];
}

const directory = mkdtempSync(join(tmpdir(), "headwater-robust-"));
const pool = createTilePool({ numWorkers });
const small = drawUpdates(Math.ceil(Number(options.params) / 50));
const large = drawUpdates(Number(options.params));
const results = [];
console.log(`${numUpdates} updates of ${options.params} params, byzantine ${byzantine}, Node ${process.version}`);
console.log(
  ["inline ms", "CPU ms", `${numWorkers} workers`, "files ms", "CPU ms"].reduce(
    (line, name) => `${line} ${name.padStart(10)}`,
    "rule".padEnd(40),
  ),
);
for (const plan of PLANS) {
  const rule = [...(plan.before ?? []), plan].map(({ kind }) => kind).join(" + ");
  const contenders = { inline: ["rows", inlineTiles], workers: ["rows", pool], files: ["stored", inlineTiles] };
  const times = { inline: [], workers: [], files: [] };
  for (const [kind, tiles] of Object.values(contenders)) await time(plan, small[kind], small.rootDelta, tiles);
  for (let turn = 0; turn < Number(options.turns); turn++) {
    for (const [name, [kind, tiles]] of Object.entries(contenders)) {
      times[name].push(await time(plan, large[kind], large.rootDelta, tiles));
    }
  }
  const result = {
    rule,
    inlineMs: medianOf(times.inline, "ms"),
    inlineCpuMs: medianOf(times.inline, "cpuMs"),
    workersMs: medianOf(times.workers, "ms"),
    filesMs: medianOf(times.files, "ms"),
    filesCpuMs: medianOf(times.files, "cpuMs"),
  };
  results.push(result);
  const { inlineMs, inlineCpuMs, workersMs, filesMs, filesCpuMs } = result;
  const columns = [inlineMs, inlineCpuMs, workersMs, filesMs, filesCpuMs].map((ms) => ms.toFixed(0).padStart(10));
  console.log(`${rule.padEnd(40)} ${columns.join(" ")}`);
}
await pool.close();
rmSync(directory, { recursive: true });
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
