// GB/s of updates folded: a copy of the same bytes (memcpy), a plain f64 loop, the exact sum, and the whole aggregator,
// which checks each update's bounds first. They take turns on one core.
//
//   npm run build && node bench/coordinator/fold.mjs [--params 1663370] [--updates 100] [--turns 15] [--json result.json]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { median } from "../engine/figures.mjs";
import { describeMachine, startPinned } from "./pinned.mjs";

const { values: options } = parseArgs({
  options: {
    params: { type: "string", default: "1663370" },
    updates: { type: "string", default: "100" },
    turns: { type: "string", default: "15" },
    json: { type: "string" },
  },
});
const numParams = Number(options.params);
const numUpdates = Number(options.updates);
const machine = describeMachine();
console.log(`${machine.cpu}, Node ${machine.node}, load ${machine.load.join(" ")}`);
console.log(`${numUpdates} updates of ${numParams} params; medians of ${options.turns} turns, fastest in brackets`);
const child = startPinned("foldProcess.mjs", { core: 1, settings: { numParams, numUpdates } });
await child.start();
await child.ask("turn"); // compiles
const turns = [];
for (let turn = 0; turn < Number(options.turns); turn++) turns.push(await child.ask("turn"));
await child.stop();

const gigabytes = (4 * numParams * numUpdates) / 1e9;
const results = {};
for (const name of Object.keys(turns[0])) {
  const times = turns.map((turn) => turn[name]);
  const speed = (ms) => (1000 * gigabytes) / ms;
  results[name] = {
    gigabytesPerSecond: speed(median(times)),
    fastest: speed(Math.min(...times)),
    timesPlain: median(turns.map((turn) => turn.plain / turn[name])),
    ofMemcpy: median(turns.map((turn) => turn.memcpy / turn[name])),
  };
  const { gigabytesPerSecond, fastest, timesPlain, ofMemcpy } = results[name];
  const columns = [`${gigabytesPerSecond.toFixed(2)} (${fastest.toFixed(2)}) GB/s`, `${timesPlain.toFixed(2)} x plain`];
  console.log(
    `  ${name.padEnd(12)} ${columns[0].padEnd(22)} ${columns[1].padEnd(14)} ${ofMemcpy.toFixed(2)} of memcpy`,
  );
}
if (options.json)
  writeFileSync(options.json, `${JSON.stringify({ machine, numParams, numUpdates, results }, undefined, 2)}\n`);
