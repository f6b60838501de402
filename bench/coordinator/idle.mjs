// Clients that have said hello and wait, on a coordinator on one core: how fast they come, bytes and CPU of each, and how
// long a commit takes to reach all of them (one member of the crowd is the whole cohort).
//
//   npm run build && node bench/coordinator/idle.mjs [--clients 10000] [--model softmax-regression] [--profile DIR] [--json result.json]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { describeMachine, startPinned } from "./pinned.mjs";

const { values: options } = parseArgs({
  options: {
    clients: { type: "string", default: "10000" },
    model: { type: "string", default: "softmax-regression" },
    profile: { type: "string" },
    json: { type: "string" },
  },
});
const numClients = Number(options.clients);
/** A ping of everybody falls into it. */
const IDLE_MS = 20_000;
const PROCESSES = 2;

const machine = describeMachine();
console.log(`${machine.cpu}, Node ${machine.node}, load ${machine.load.join(" ")}`);
const directory = mkdtempSync(join(tmpdir(), "headwater-idle-"));
const cohort = { size: 1, quorum: 1 };
const plan = { name: "idle", rounds: 1, cohort, deadlineMs: 3_600_000, maxAbsDelta: 100 };
const nodeArguments = [
  "--expose-gc",
  ...(options.profile ? ["--cpu-prof", `--cpu-prof-dir=${options.profile}`, "--cpu-prof-name=idle.cpuprofile"] : []),
];
const settings = { directory, model: options.model, plan };
const coordinator = startPinned("coordinatorProcess.mjs", { core: 1, nodeArguments, settings });
const { url } = await coordinator.start();
const alone = await coordinator.ask("memory");

await coordinator.ask("mark");
const share = Math.ceil(numClients / PROCESSES);
const crowds = Array.from({ length: PROCESSES }, (_, i) => {
  const count = Math.min(share, numClients - i * share);
  return startPinned("uploaders.mjs", { core: 0, settings: { url, from: i * share, numClients: count } });
});
for (const crowd of crowds) await crowd.start(); // the very first client gets the offer
const joining = await coordinator.ask("measure");
const joined = await coordinator.ask("memory");
await coordinator.ask("mark");
await delay(IDLE_MS);
const idle = await coordinator.ask("measure");

await crowds[0].ask("sign", 1);
await coordinator.ask("mark");
const { lastByteMs } = await crowds[0].ask("send", { numUpdates: 1, atOnce: 1 });
const heard = await Promise.all(crowds.map((crowd) => crowd.ask("everybodyHeard")));
const commit = await coordinator.ask("measure");
for (const crowd of crowds) await crowd.stop();
await coordinator.stop();
rmSync(directory, { recursive: true });

const result = {
  numClients,
  joinsPerSecond: (1000 * numClients) / joining.wallMs,
  joinCpuMs: joining.cpuMs / numClients,
  rssBytes: (joined.rss - alone.rss) / numClients,
  heldBytes: (joined.held - alone.held) / numClients,
  idleCpuPercent: (100 * idle.cpuMs) / idle.wallMs,
  commitSeconds: (Math.max(...heard.map(({ lastMs }) => lastMs)) - lastByteMs) / 1000,
  commitCpuMs: commit.cpuMs,
  numHeard: heard.reduce((sum, { numHeard }) => sum + numHeard, 0),
};
const lines = [
  ["joins/s", `${result.joinsPerSecond.toFixed(0)}, ${result.joinCpuMs.toFixed(2)} ms of CPU each`],
  ["bytes a client", `${result.rssBytes.toFixed(0)} resident, ${result.heldBytes.toFixed(0)} on the heap`],
  ["CPU while idle", `${result.idleCpuPercent.toFixed(1)} %`],
  [
    `commit to ${result.numHeard}`,
    `${result.commitSeconds.toFixed(2)} s from the last byte, ${result.commitCpuMs.toFixed(0)} ms of CPU`,
  ],
];
console.log(`${numClients} clients`);
for (const [label, text] of lines) console.log(`  ${label.padEnd(16)} ${text}`);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, ...result }, undefined, 2)}\n`);
