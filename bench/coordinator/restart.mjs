// Seconds from the start of a killed coordinator's process to its answer on HTTP, with a round open that lacks one update:
// all that were accepted are read, checked and folded again. Memory is the most that the new process ever held.
//
//   npm run build && node bench/coordinator/restart.mjs [--model cnn] [--updates 99] [--turns 5] [--json result.json]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../engine/figures.mjs";
import { describeMachine, startPinned } from "./pinned.mjs";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "cnn" },
    updates: { type: "string", default: "99" },
    turns: { type: "string", default: "5" },
    data: { type: "string", default: tmpdir() },
    json: { type: "string" },
  },
});
const numUpdates = Number(options.updates);
const size = numUpdates + 1;
const machine = describeMachine();
const directory = mkdtempSync(join(options.data, "headwater-restart-"));
const plan = { name: "restart", rounds: null, cohort: { size, quorum: size }, deadlineMs: 3_600_000, maxAbsDelta: 100 };
const settings = { directory, model: options.model, plan };
console.log(`${machine.cpu}, Node ${machine.node}, load ${machine.load.join(" ")}`);

const first = startPinned("coordinatorProcess.mjs", { core: 1, settings });
const { url } = await first.start();
const uploaders = startPinned("uploaders.mjs", { core: 0, settings: { url, numClients: size } });
await uploaders.start();
const numBytes = await uploaders.ask("sign", numUpdates);
await uploaders.ask("send", { numUpdates, atOnce: 16 });
await first.kill();
await uploaders.kill();

const turns = [];
for (let turn = 0; turn < Number(options.turns); turn++) {
  const startedAt = performance.now();
  const again = startPinned("coordinatorProcess.mjs", { core: 1, settings });
  const { startMs, accepted } = await again.start();
  const wallMs = performance.now() - startedAt;
  if (accepted !== numUpdates) throw new Error(`expected ${numUpdates} accepted updates, got ${accepted}`);
  const { maxRss } = await again.ask("memory");
  const floorMs = await again.ask("floor", { numUpdates, numBytes });
  turns.push({ wallMs, startMs, floorMs, maxRss });
  await again.kill();
}
rmSync(directory, { recursive: true });
const middle = (field) => median(turns.map((turn) => turn[field]));
const spread = turns.map(({ startMs }) => startMs / 1000).sort((a, b) => a - b);
console.log(`${numUpdates} updates of ${numBytes} bytes (${options.model}); medians of ${turns.length} starts`);
console.log(`  process to answer  ${(middle("wallMs") / 1000).toFixed(2)} s`);
console.log(
  `  of it the run      ${(middle("startMs") / 1000).toFixed(2)} s (${spread[0].toFixed(2)} to ${spread.at(-1).toFixed(2)})`,
);
console.log(`  most memory        ${(middle("maxRss") / 1e6).toFixed(0)} MB`);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, numBytes, turns }, undefined, 2)}\n`);
