// Training speed of one client on one thread, ours against PyTorch and TensorFlow.js, in one run: the contenders take turns, so that
// whatever else the machine does falls on all alike; medians over the turns, and the median of the ratios within each turn.
// Batch gather is included; start-up is reported apart. What the columns mean is in bench/README.md.
//
//   npm run build && npm ci --prefix bench && node bench/engine/compare.mjs [--workload cnn,2nn] [--batch 10,50] [--turns 15]
//     [--fast] [--contenders headwater,pytorch] [--dense] [--json result.json]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CONTENDER_NAMES, startContender } from "./contenderProcess.mjs";
import { median, round } from "./figures.mjs";
import { createPeak } from "./peak.mjs";
import { printTable } from "./table.mjs";
import { dataBytes, flopsAStep, ROWS, WORKLOADS } from "./workloads.mjs";

/** A turn takes about so long: hundreds of small steps or one large one. */
const TURN_MS = 120;
/** A contender's turns take no longer than this together, even if that leaves it with one. */
const BUDGET_MS = 60_000;

const { values: options } = parseArgs({
  options: {
    turns: { type: "string", default: "15" },
    dense: { type: "boolean", default: false },
    fast: { type: "boolean", default: false },
    json: { type: "string" },
    workload: { type: "string", multiple: true, default: Object.keys(WORKLOADS) },
    batch: { type: "string", multiple: true, default: ["10", "50"] },
    contenders: {
      type: "string",
      multiple: true,
      default: CONTENDER_NAMES.filter((name) => name !== "headwater-fast"),
    },
  },
});
const turns = Number(options.turns);
if (!Number.isInteger(turns) || turns < 1)
  throw new RangeError(`"--turns" expected a whole number >= 1, got ${options.turns}`);
const workloads = listOf("workload", Object.keys(WORKLOADS));
const contenders = listOf("contenders", CONTENDER_NAMES);
if (options.fast && !contenders.includes("headwater-fast"))
  contenders.splice(contenders.indexOf("headwater") + 1, 0, "headwater-fast");
const divisors = Array.from({ length: ROWS }, (_, i) => String(i + 1)).filter((batch) => ROWS % batch === 0);
const batches = listOf("batch", divisors).map(Number);

/** A flag's values, which may be repeated or separated by commas. */
function listOf(flag, known) {
  const values = options[flag].flatMap((value) => value.split(","));
  const wrong = values.find((value) => !known.includes(value));
  if (wrong !== undefined) throw new RangeError(`"--${flag}" expected some of ${known.join(", ")}, got ${wrong}`);
  return values;
}

const folder = mkdtempSync(join(tmpdir(), "headwater-bench-"));
try {
  const peak = await createPeak();
  const pixels = options.dense ? "pixels without zeros" : "MNIST";
  const report = { cpu: cpus()[0].model, node: process.version, pixels, rows: ROWS, turns, results: [] };
  console.log(
    `${report.cpu}, Node ${report.node}; ${ROWS} rows (${pixels}; random text), ${turns} turns, one thread each`,
  );
  for (const workload of workloads) {
    const data = join(folder, `${workload}.bin`);
    writeFileSync(data, await dataBytes(WORKLOADS[workload], { isDense: options.dense }));
    for (const batch of batches) report.results.push(await compare({ workload, batch, data, peak }));
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

async function compare({ workload, batch, data, peak }) {
  const { products: _, extraParams, ...entry } = WORKLOADS[workload];
  const notes = [];
  const running = [];
  for (const key of contenders) {
    process.stderr.write(`${workload}, batch ${batch}: ${key} starts\n`);
    const contender = await startContender(key, { ...entry, workload, batch, data });
    const { name } = contender;
    const extra = extraParams?.[name] ?? 0;
    try {
      assertReady(contender, entry.numParams + extra);
      running.push({ ...contender, ...(await planTurns(contender)), times: [] });
      if (extra > 0) notes.push(`${name} has ${extra} params more`);
    } catch (error) {
      contender.stop();
      notes.push(`left out: ${name}: ${error.message}`);
    }
  }
  const { peaks, failures } = await takeTurns(running, peak);
  for (const { stop } of running) stop();
  for (const [contender, error] of failures) {
    running.splice(running.indexOf(contender), 1);
    notes.push(`left out: ${contender.name}: ${error.message}`);
  }

  const flops = flopsAStep(WORKLOADS[workload], batch);
  const peakGigaflops = Object.fromEntries(Object.entries(peaks).map(([kind, all]) => [kind, round(median(all))]));
  const rows = running.map((contender) => summarise(contender, { batch, flops, peaks, running }));
  const peakText = Object.entries(peakGigaflops).map(([kind, value]) => `${value} ${kind}`);
  console.log(
    `\n${workload}, batch ${batch}: ${entry.numParams} params, ${round(flops / 1e6)} MFLOP a step; ` +
      `128-bit peak in GFLOP/s: ${peakText.join(", ")}`,
  );
  printTable(rows);
  for (const note of notes) console.log(`  ${note}`);
  return { workload, batch, numParams: entry.numParams, flopsAStep: flops, peakGigaflops, notes, contenders: rows };
}

function assertReady({ reason, numParams }, expected) {
  if (reason !== undefined) throw new Error(reason);
  if (numParams !== expected) throw new RangeError(`its model has ${numParams} params, expected ${expected}`);
}

/** How many steps make a turn, and how many turns a contender gets. The steps that find it out are its warm-up. */
async function planTurns({ firstStepMs, run }) {
  let steps = 1;
  let stepMs = firstStepMs;
  // The first step is slow, being the first, but where it takes as long as this, a second one says little new.
  for (let trial = 0; trial < 5 && stepMs < BUDGET_MS / 10; trial++) {
    const { seconds } = await run(steps);
    // The best of all trials: others that work on this machine must not make the turns shorter.
    stepMs = Math.min(stepMs, (1000 * seconds) / steps);
    steps = Math.max(1, Math.round(TURN_MS / stepMs));
  }
  return { steps, maxTurns: Math.min(turns, Math.max(1, Math.floor(BUDGET_MS / (steps * stepMs)))) };
}

/**
 * Fills each contender's `times` (seconds a step, by turn). Resolves to the peaks in GFLOP/s, by kind and turn, and to who
 * died on the way and why.
 */
async function takeTurns(running, peak) {
  const failures = new Map();
  const peaks = Object.fromEntries(Object.keys(peak).map((kind) => [kind, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [kind, measure] of Object.entries(peak)) peaks[kind].push(measure());
    for (const contender of running) {
      const { run, steps, maxTurns, times } = contender;
      if (turn >= maxTurns || failures.has(contender)) continue;
      try {
        const { seconds, loss } = await run(steps);
        times.push(seconds / steps);
        contender.loss = loss;
      } catch (error) {
        failures.set(contender, error);
      }
    }
  }
  return { peaks, failures };
}

/** One row of the table. The fast build is held against the peak of the instructions that it may use. */
function summarise({ name, version, startupMs, steps, times, loss }, { batch, flops, peaks, running }) {
  const secondsAStep = median(times);
  const ownPeak = (name === "Headwater fast" && peaks.relaxed) || peaks.strict;
  const over = (own) => own && round(median(times.map((time, turn) => time / (own.times[turn] ?? Number.NaN))));
  const ours = (build) => running.find((other) => other.name === `Headwater ${build}`);
  return {
    contender: `${name} (${version})`,
    microsecondsAStep: round(secondsAStep * 1e6),
    samplesASecond: round(batch / secondsAStep),
    gigaflops: round(flops / secondsAStep / 1e9),
    percentOfPeak: round(median(times.map((time, turn) => (100 * flops) / time / 1e9 / ownPeak[turn]))),
    timesStrict: over(ours("strict")),
    timesFast: over(ours("fast")),
    turns: times.length,
    stepsATurn: steps,
    startupMs: Math.round(startupMs),
    lastLoss: round(loss),
  };
}
