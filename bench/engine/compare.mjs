// One local epoch of one client, ours against TensorFlow.js and PyTorch, each on one thread, in one run: the contenders take turns, so
// that whatever else the machine does falls on all alike; medians over at least 15 turns, and the median of the ratios
// within each turn. Batch gather is included; start-up is reported apart.
//
//   npm run build && npm ci --prefix bench && node bench/engine/compare.mjs [--turns 15] [--dense] [--json result.json]
//
// The data are 600 images of MNIST; --dense takes random bytes instead, none of them 0.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BATCH, INPUTS, ROWS, WORKLOADS } from "./workloads.mjs";

const { values: options } = parseArgs({
  options: {
    turns: { type: "string", default: "15" },
    dense: { type: "boolean", default: false },
    json: { type: "string" },
    workload: { type: "string", multiple: true },
  },
});
const turns = Number(options.turns);
if (!Number.isInteger(turns) || turns < 1)
  throw new RangeError(`--turns expected a whole number >= 1, got ${options.turns}`);
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Epochs a turn: enough that a turn takes tens of milliseconds. */
const EPOCHS = {
  "softmax-regression": { Headwater: 20, "TensorFlow.js wasm": 2, PyTorch: 10 },
  "2nn": { Headwater: 5, "TensorFlow.js wasm": 1, PyTorch: 5 },
};

const folder = mkdtempSync(join(tmpdir(), "headwater-bench-"));
try {
  const file = join(folder, "data.bin");
  writeFileSync(file, await dataBytes(options.dense));
  const report = {
    cpu: cpus()[0].model,
    data: options.dense ? "dense" : "MNIST",
    rows: ROWS,
    batch: BATCH,
    turns,
    workloads: {},
  };
  console.log(`${report.cpu}; ${ROWS} rows of ${report.data}, batch ${BATCH}, ${turns} turns, one thread each`);
  for (const workload of options.workload ?? Object.keys(WORKLOADS)) {
    report.workloads[workload] = await compare(workload, file);
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(workload, file) {
  const contenders = [
    await start(process.execPath, [here("headwater.mjs"), workload, file]),
    await start("python3", [here("torchPeer.py"), workload, file]),
    await start(process.execPath, [here("tensorflow.mjs"), workload, file]),
  ].filter((contender) => contender !== undefined);
  const steps = Math.ceil(ROWS / BATCH);
  const times = contenders.map(() => []);
  let losses = [];
  for (let turn = -1; turn < turns; turn++) {
    losses = [];
    for (const [i, { name, run }] of contenders.entries()) {
      const epochs = EPOCHS[workload][name];
      const { seconds, loss } = await run(epochs);
      losses.push(loss);
      if (turn >= 0) times[i].push((seconds / epochs / steps) * 1e6); // turn -1 warms up
    }
  }
  for (const { stop } of contenders) stop();
  console.log(`\n${workload}`);
  return contenders.map(({ name, version, startupMs }, i) => {
    const microsecondsAStep = median(times[i]);
    const timesOurs = median(times[i].map((time, turn) => time / times[0][turn]));
    const result = {
      name,
      version,
      startupMs: Math.round(startupMs),
      microsecondsAStep: round(microsecondsAStep),
      millisecondsAnEpoch: round((microsecondsAStep * steps) / 1000),
      samplesASecond: Math.round((BATCH * 1e6) / microsecondsAStep),
      timesOurs: round(timesOurs),
      lastLoss: round(losses[i]),
    };
    console.log(
      `  ${`${name} (${version})`.padEnd(38)} ${String(result.microsecondsAStep).padStart(8)} us a step  ` +
        `${String(result.millisecondsAnEpoch).padStart(8)} ms an epoch  x${result.timesOurs} ours  ` +
        `(start-up ${result.startupMs} ms, loss ${result.lastLoss})`,
    );
    return result;
  });
}

/** A contender that is ready, or undefined with a note where it is not installed. */
async function start(command, args) {
  const env = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  const ready = await next();
  if (!ready) {
    console.log(`left out: ${command} ${args[0]}: ${/^.*Error: .*$/m.exec(errors)?.[0] ?? "did not start"}`);
    return undefined;
  }
  return {
    ...ready,
    run(epochs) {
      child.stdin.write(`${epochs}\n`);
      return next();
    },
    stop: () => child.stdin.end(),
  };
}

async function dataBytes(dense) {
  if (dense)
    return Uint8Array.from({ length: ROWS * (INPUTS + 1) }, (_, i) =>
      i < ROWS * INPUTS ? 1 + ((i * 7919) % 255) : i % 10,
    );
  const { loadMnist } = await import("../../dist/datasets/loadMnist.js");
  const { train } = await loadMnist();
  const bytes = new Uint8Array(ROWS * (INPUTS + 1));
  bytes.set(train.inputs.subarray(0, ROWS * INPUTS));
  bytes.set(train.targets.subarray(0, ROWS), ROWS * INPUTS);
  return bytes;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round(value) {
  return Number(value.toPrecision(4));
}
