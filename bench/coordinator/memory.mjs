// What a coordinator keeps in memory as its cohort grows: after a full collection, with all clients joined and asked, at
// the last update of the last round, and after it. Beyond 4,000 updates, the most that a commit holds, cohorts are
// over-selected. `--median` takes a robust rule, and a store on disk: what of a round's deltas does not fit in the rule's memory is
// read from there.
//
//   npm run build && node bench/coordinator/memory.mjs [--cohorts 10,100,1000,10000] [--model softmax-regression] [--rounds 3] [--median]
//     [--data FOLDER] [--json result.json]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, startPinned } from "./pinned.mjs";

const { values: options } = parseArgs({
  options: {
    cohorts: { type: "string", default: "10,100,1000,10000" },
    model: { type: "string", default: "softmax-regression" },
    rounds: { type: "string", default: "3" },
    median: { type: "boolean", default: false },
    data: { type: "string", default: tmpdir() },
    json: { type: "string" },
  },
});
const { model } = options;
const machine = describeMachine();
console.log(`${model}, ${machine.cpu}, Node ${machine.node}; MB beyond those of the coordinator alone`);
console.log("  cohort updates  joined   round    ended  most RSS   join ms/client   ms/update");
const results = [];
for (const cohort of options.cohorts.split(",").map(Number)) {
  const directory = options.median ? mkdtempSync(join(options.data, "headwater-memory-")) : undefined;
  const settings = {
    model,
    cohort,
    rounds: Number(options.rounds),
    ...(options.median && { aggregator: { kind: "median" }, directory }),
  };
  const child = startPinned("memoryProcess.mjs", { core: 1, nodeArguments: ["--expose-gc"], settings });
  const result = await child.start();
  await child.stop();
  if (directory) rmSync(directory, { recursive: true });
  const beyond = ({ held }) => ((held - result.alone.held) / 1e6).toFixed(1).padStart(8);
  const { joined, within, ended, maxRss, joinMs, ingestMs, numUpdates } = result;
  const columns = [
    String(cohort).padStart(8),
    String(numUpdates).padStart(7),
    beyond(joined),
    beyond(within),
    beyond(ended),
  ];
  const rest = [
    (maxRss / 1e6).toFixed(0).padStart(8),
    (joinMs / cohort).toFixed(2).padStart(15),
    ingestMs.toFixed(2).padStart(12),
  ];
  console.log([...columns, ...rest].join(" "));
  results.push({ cohort, ...result });
}
if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, model, results }, undefined, 2)}\n`);
