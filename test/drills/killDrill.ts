import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { KeptReceipt } from "../../client/core/keptReceipt.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import type { StoredEvent } from "../../server/store/store.ts";
import type { VerifyReport } from "../../server/verify/verifyReport.ts";
import { verifyStore } from "../../server/verify/verifyStore.ts";
import { createRng } from "../../shared/base/rng.ts";
import { type LiveStatus, parseRunStatus } from "../../shared/protocol/runStatus.ts";
import { distUrl } from "../support/dist.ts";

export interface KillDrillOptions {
  readonly directory: string;
  readonly kills: number;
  readonly seed: number;
  readonly numClients: number;
  readonly log?: (line: string) => void;
}

export interface KillDrillResult {
  readonly receipts: readonly KeptReceipt[];
  readonly events: readonly StoredEvent[];
  readonly report: VerifyReport;
  /** From the start of a process to its first "ready", for each restart after a kill. */
  readonly recoveryMs: readonly number[];
  /** What the last process said its params were, before it was asked to stop. */
  readonly liveParamsHash: string;
}

/** A kill comes this long after the coordinator is ready, at most. */
const KILL_WINDOW_MS = 2000;
const READY_TIMEOUT_MS = 20_000;

/** 50,890 params: an update is two chunks. */
const RUN = {
  name: "kill-drill",
  model: {
    format: "headwater-model/1",
    opset: 1,
    name: "small",
    input: { shape: [784], scale: 1 / 255, offset: 0 },
    layers: [
      { kind: "linear", inFeatures: 784, outFeatures: 64 },
      { kind: "relu" },
      { kind: "linear", inFeatures: 64, outFeatures: 10 },
    ],
    loss: "softmaxCrossEntropy",
  },
  cohort: { size: 6, overSelection: 1.5, quorum: 3 },
  local: { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.05 } },
  deadlineMs: 5000,
  retention: "all",
};

/**
 * Kills a coordinator (SIGKILL) again and again while Node clients train against it and log their receipts to files,
 * restarts it each time, lets it finish a last round, and collects what both sides remember.
 */
export async function runKillDrill(options: KillDrillOptions): Promise<KillDrillResult> {
  const { directory, kills, seed, numClients, log = () => {} } = options;
  const rng = createRng(seed, "kill-drill");
  const url = `http://127.0.0.1:${await freePort()}`;
  const runFile = join(directory, "run.json");
  writeFileSync(runFile, JSON.stringify(RUN));
  const dataDirectory = join(directory, "state");
  const processes: ChildProcess[] = [];
  const start = (name: string, args: readonly string[]): ChildProcess => {
    const child = startHeadwater(args, join(directory, `${name}.log`));
    processes.push(child);
    return child;
  };
  const serve = () => start("coordinator", ["serve", runFile, "--data", dataDirectory, "--port", new URL(url).port]);

  try {
    let coordinator = serve();
    await untilReady(url, coordinator);
    const clients = Array.from({ length: numClients }, (_, i) =>
      start(`client-${i}`, [
        ...["join", url, "--data", "mnist", "--shard", `${i + 1}/1500`, "--max-wait", "1", "--json"],
        ...["--identity", join(directory, `identity-${i}.json`), "--receipts", receiptsPath(directory, i)],
      ]),
    );
    await until(async () => (await status(url)).numConnected === numClients, "all clients to join");
    const recoveryMs: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const waitMs = Math.round(rng.nextFloat() * KILL_WINDOW_MS);
      await delay(waitMs);
      await end(coordinator, "SIGKILL");
      const startedAt = performance.now();
      coordinator = serve();
      await untilReady(url, coordinator);
      recoveryMs.push(performance.now() - startedAt);
      log(`kill ${kill + 1}/${kills} after ${waitMs} ms; ready again in ${Math.round(recoveryMs.at(-1) as number)} ms`);
    }
    const { version } = await status(url);
    await until(async () => (await status(url)).version > version, "a round after the last kill");
    await Promise.all(clients.map((client) => end(client, "SIGTERM")));
    const liveParamsHash = (await status(url)).paramsHash;
    await end(coordinator, "SIGTERM");

    const store = await openStore({ directory: dataDirectory });
    const events = [...store.events()];
    await store.close();
    return {
      receipts: clients.flatMap((_, i) => readReceipts(receiptsPath(directory, i))),
      events,
      report: await verifyStore(dataDirectory),
      recoveryMs,
      liveParamsHash,
    };
  } finally {
    await Promise.all(processes.map((child) => end(child, "SIGKILL")));
  }
}

function receiptsPath(directory: string, client: number): string {
  return join(directory, `receipts-${client}.jsonl`);
}

function startHeadwater(args: readonly string[], logPath: string): ChildProcess {
  const log = openSync(logPath, "a");
  const child = spawn(process.execPath, [fileURLToPath(distUrl("cli/headwater.js")), ...args], {
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exited;
}

async function untilReady(url: string, coordinator: ChildProcess): Promise<void> {
  await until(async () => {
    if (coordinator.exitCode !== null) throw new Error(`the coordinator exited with ${coordinator.exitCode}`);
    try {
      return (await fetch(`${url}/readyz`)).ok;
    } catch {
      return false; // not listening yet
    }
  }, "the coordinator to be ready");
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > READY_TIMEOUT_MS) throw new Error(`waited in vain for ${what}`);
    await delay(10);
  }
}

async function status(url: string): Promise<LiveStatus> {
  return parseRunStatus(await (await fetch(`${url}/api/status`)).json()).live;
}

/** A client killed in mid-line leaves a line that is none; everything before it counts. */
function readReceipts(path: string): KeptReceipt[] {
  if (!existsSync(path)) return []; // it was never given one
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as KeptReceipt);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
