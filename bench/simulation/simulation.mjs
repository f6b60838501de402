// Simulation speed: Headwater's virtual clients against a plain PyTorch loop, alternating in one run.
//   npm run build && node bench/simulation/simulation.mjs [--pairs 15] [--only W1,W2] [--workers 1,2] [--no-peer]
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startPeer } from "./peer.mjs";
import { trainOnly } from "./trainOnly.mjs";
import { loadWorkloadData, runWorkload, WORKLOADS } from "./workloads.mjs";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "15" },
    only: { type: "string", default: "W1,W2" },
    workers: { type: "string", default: "1,2" },
    peer: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const pairs = Number(values.pairs);
const workerCounts = values.workers.split(",").map(Number);
const peer = values.peer ? await startPeer() : undefined;

console.log(
  `Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores; ${peer?.label ?? "without PyTorch"}`,
);
console.log(`medians (fastest) of ${pairs} alternating runs after one to warm up\n`);
for (const name of values.only.split(",")) {
  const workload = WORKLOADS[name];
  const data = await loadWorkloadData(workload);
  const times = new Map();
  const note = (label, seconds) => times.set(label, [...(times.get(label) ?? []), seconds]);
  const hashes = new Set();
  let startUpMs = 0;
  for (let pair = -1; pair < pairs; pair++) {
    for (const workers of workerCounts) {
      const run = await runWorkload(name, workload, data, workers);
      hashes.add(run.paramsHash);
      startUpMs = run.startUpMs;
      if (pair >= 0) note(workers, run.seconds);
    }
    const bare = trainOnly(name, workload, data);
    if (pair >= 0) note("training alone", bare);
    const seconds = await peer?.run(workload);
    if (pair >= 0 && seconds !== undefined) note("PyTorch loop", seconds);
  }
  report(name, workload, times, hashes.size, startUpMs);
}
peer?.stop();

function report(name, workload, times, numHashes, startUpMs) {
  const { model, clients, examples, cohort, rounds, goals } = workload;
  console.log(`${name}  ${model}, ${clients} clients x ${examples}, ${cohort} a round, ${rounds} rounds`);
  const peerTimes = times.get("PyTorch loop");
  for (const [label, seconds] of times) {
    const middle = median(seconds);
    const isOurs = typeof label === "number";
    const columns = [
      isOurs ? `${label} worker${label > 1 ? "s" : ""}` : label,
      `${middle.toFixed(3)} s (${Math.min(...seconds).toFixed(3)})`,
      `${Math.round((rounds * cohort) / middle)} clients/s`,
      isOurs && peerTimes ? `${median(peerTimes.map((other, i) => other / seconds[i])).toFixed(2)} x PyTorch` : "",
      goals[label] ? `goal ${goals[label]} s ${middle < goals[label] ? "met" : "MISSED"}` : "",
    ];
    console.log(`  ${columns.map((text, i) => text.padEnd([16, 20, 16, 16, 0][i])).join("")}`);
  }
  const one = times.get(1);
  const bare = times.get("training alone");
  if (one) {
    const overhead = median(one.map((seconds, i) => 1 - bare[i] / seconds));
    console.log(`  all but training takes ${(100 * overhead).toFixed(1)} % of one worker's time`);
  }
  console.log(
    `  start-up ${startUpMs.toFixed(0)} ms; ${numHashes === 1 ? "same params in every run" : "PARAMS DIFFER"}\n`,
  );
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
