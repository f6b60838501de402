// Updates a second that a coordinator on one core takes in over sockets: verified, durable, receipt sent. And what follows
// the last of a round: the committed model. Clients sign before the clock starts and run on another core.
//
//   npm run build && node bench/coordinator/ingest.mjs [--models cnn] [--turns 7] [--profile DIR] [--json result.json]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../engine/figures.mjs";
import { describeMachine, startPinned } from "./pinned.mjs";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: "softmax-regression,2nn,cnn" },
    turns: { type: "string", default: "7" },
    updates: { type: "string", default: "100" },
    atOnce: { type: "string", default: "16" },
    data: { type: "string", default: tmpdir() },
    profile: { type: "string" },
    json: { type: "string" },
  },
});
const numUpdates = Number(options.updates);
const atOnce = Number(options.atOnce);
const machine = describeMachine();
console.log(
  `${machine.cpu}, Node ${machine.node}, load ${machine.load.join(" ")}${machine.pinned ? "" : ", not pinned"}`,
);
console.log(`${numUpdates} updates a round, ${atOnce} at a time; medians of ${options.turns} rounds (spread)`);

const results = [];
for (const model of options.models.split(",")) results.push(await measureModel(model));
if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);

async function measureModel(model) {
  const directory = mkdtempSync(join(options.data, "headwater-ingest-"));
  const nodeArguments = options.profile
    ? ["--cpu-prof", `--cpu-prof-dir=${options.profile}`, `--cpu-prof-name=${model}.cpuprofile`]
    : [];
  const cohort = { size: numUpdates, quorum: numUpdates };
  const plan = { name: model, rounds: null, cohort, deadlineMs: 3_600_000, maxAbsDelta: 100 };
  const coordinator = startPinned("coordinatorProcess.mjs", {
    core: 1,
    nodeArguments,
    settings: { directory, model, plan },
  });
  const { url } = await coordinator.start();
  const uploaders = startPinned("uploaders.mjs", { core: 0, settings: { url, numClients: numUpdates } });
  const phases = new Map();
  coordinator.on("phase", ({ phase, atMs }) => phases.set(phase, atMs));
  await uploaders.start();
  const turns = [];
  for (let turn = -1; turn < Number(options.turns); turn++) {
    const numBytes = await uploaders.ask("sign", numUpdates);
    const floorMs = await coordinator.ask("floor", { numUpdates, numBytes });
    await coordinator.ask("mark");
    const { firstMs, lastByteMs, lastReceiptMs } = await uploaders.ask("send", { numUpdates, atOnce });
    const { cpuMs } = await coordinator.ask("measure");
    const commitMs = await uploaders.ask("commit");
    const ingestMs = lastReceiptMs - firstMs;
    if (turn < 0) continue; // the first compiles
    turns.push({
      numBytes,
      updatesPerSecond: (1000 * numUpdates) / ingestMs,
      megabytesPerSecond: (numUpdates * numBytes) / 1000 / ingestMs,
      cpuMsAnUpdate: cpuMs / numUpdates,
      timesFloor: ingestMs / floorMs,
      floorUpdatesPerSecond: (1000 * numUpdates) / floorMs,
      lastByteToCommitMs: commitMs - lastByteMs,
      sealedMs: phases.get("sealed") - lastByteMs,
      aggregatedMs: phases.get("aggregated") - phases.get("sealed"),
      committedMs: phases.get("committed") - phases.get("aggregated"),
    });
  }
  await uploaders.stop();
  await coordinator.stop();
  rmSync(directory, { recursive: true });
  return report(model, turns);
}

function report(model, turns) {
  const middle = (field) => median(turns.map((turn) => turn[field]));
  const spread = (field) => {
    const sorted = turns.map((turn) => turn[field]).sort((a, b) => a - b);
    return `${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)}`;
  };
  console.log(`\n${model}: ${turns[0].numBytes} bytes an update`);
  const lines = [
    ["updates/s", `${middle("updatesPerSecond").toFixed(0)} (${spread("updatesPerSecond")})`],
    ["MB/s", middle("megabytesPerSecond").toFixed(0)],
    ["CPU ms an update", middle("cpuMsAnUpdate").toFixed(2)],
    ["floor, updates/s", `${middle("floorUpdatesPerSecond").toFixed(0)}: digest, copy, write, a sync for eight`],
    ["x floor", middle("timesFloor").toFixed(2)],
    ["last byte to commit, ms", `${middle("lastByteToCommitMs").toFixed(0)} (${spread("lastByteToCommitMs")})`],
    ["  until sealed", middle("sealedMs").toFixed(0)],
    ["  aggregate, store params", middle("aggregatedMs").toFixed(0)],
    ["  sign, journal", middle("committedMs").toFixed(0)],
  ];
  for (const [label, text] of lines) console.log(`  ${label.padEnd(26)} ${text}`);
  const fields = Object.keys(turns[0]);
  return { model, turns, medians: Object.fromEntries(fields.map((field) => [field, middle(field)])) };
}
