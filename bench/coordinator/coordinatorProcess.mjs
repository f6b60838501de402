// A coordinator on a core of its own, with a durable store, for the benchmarks of this folder.
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { startCoordinator } from "../../dist/server/index.js";
import { zooModel } from "../../dist/shared/models/zoo.js";
import { answerParent } from "./pinned.mjs";

/** No budget of the transport is in the way: all clients come from one address, and at once. */
const LIMITS = {
  maxConnections: 100_000,
  maxConnectionsPerAddress: 100_000,
  connectBurst: 100_000,
  maxPendingMessages: 1_000_000,
  messageBurst: 1_000_000,
};
/** Updates of one commit of the journal: that many arrive in its 2 ms at most where clients are fast. */
const GROUP = 8;

let coordinator;
let directory;
let before;
const parent = answerParent({ start, mark, measure, floor, memory, stop });

async function start({ directory: folder, model, plan, overrides = {} }) {
  directory = folder;
  const startedAt = performance.now();
  coordinator = await startCoordinator({
    plan,
    model: zooModel(model),
    directory,
    port: 0,
    limits: LIMITS,
    timing: { gatherMs: 3_600_000, helloMs: 3_600_000, uploadIdleMs: 3_600_000 },
    onPhase: ({ live }) => parent.tell("phase", { phase: live.phase, atMs: Date.now() }),
    ...overrides,
  });
  const accepted = coordinator.status().live.members.filter(({ state }) => state === "accepted").length;
  return { url: coordinator.localUrl, startMs: performance.now() - startedAt, accepted };
}

function mark() {
  before = { cpu: process.cpuUsage(), atMs: performance.now() };
}

/** Milliseconds since `mark`: of the clock, and of this core. */
function measure() {
  const { user, system } = process.cpuUsage(before.cpu);
  return { wallMs: performance.now() - before.atMs, cpuMs: (user + system) / 1000 };
}

/** Milliseconds that the same bytes cost at least: digest, one copy, one file, one sync a group. */
function floor({ numUpdates, numBytes }) {
  const bytes = new Uint8Array(numBytes).fill(1);
  const copy = new Uint8Array(numBytes);
  const path = join(directory, "floor.tmp");
  const startedAt = performance.now();
  const file = openSync(path, "w");
  for (let update = 0; update < numUpdates; update++) {
    createHash("sha256").update(bytes).digest();
    copy.set(bytes);
    writeSync(file, copy, 0, numBytes, 0);
    if (update % GROUP === GROUP - 1) fsyncSync(file);
  }
  fsyncSync(file);
  closeSync(file);
  const floorMs = performance.now() - startedAt;
  unlinkSync(path);
  return floorMs;
}

function memory() {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, held: heapUsed + arrayBuffers, maxRss: 1024 * process.resourceUsage().maxRSS };
}

async function stop() {
  await coordinator?.close();
}
