import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { KeptReceipt } from "../../client/core/keptReceipt.ts";
import { readReceiptFile } from "../../client/node/receiptFile.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import type { StoredEvent } from "../../server/store/store.ts";
import type { VerifyReport } from "../../server/verify/verifyReport.ts";
import { verifyStore } from "../../server/verify/verifyStore.ts";
import { type LiveStatus, parseRunStatus } from "../../shared/protocol/runStatus.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import { distUrl } from "../support/dist.ts";
import { COHORT_SIZE } from "./drillPlans.ts";

const READY_TIMEOUT_MS = 120_000;

/** 50,890 params: an update is two chunks. */
const RUN = {
  name: "drill",
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
  cohort: { size: COHORT_SIZE, overSelection: 1.5, quorum: 3 },
  local: { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.05 } },
  deadlineMs: 5000,
  retention: "all",
};

export interface DrillProcesses {
  readonly url: string;
  /** Starts the coordinator, again if it was ended. `nodeArgs` come before the command. */
  serve(nodeArgs?: readonly string[]): ChildProcess;
  join(index: number, nodeArgs?: readonly string[]): ChildProcess;
  status(): Promise<LiveStatus>;
  untilReady(coordinator: ChildProcess): Promise<void>;
  /** Every process must be gone before. */
  remains(): Promise<DrillRemains>;
  killAll(): Promise<void>;
}

/** What both sides remember when all is over. */
export interface DrillRemains {
  readonly receipts: readonly KeptReceipt[];
  readonly events: readonly StoredEvent[];
  readonly report: VerifyReport;
}

/** What a drill's run says otherwise; FedAvg and five seconds when absent. */
export interface DrillRun {
  readonly strategy?: StrategyPlan;
  readonly deadlineMs?: number;
}

/** A coordinator and Node clients as processes, with their files in one folder. */
export async function createDrillProcesses(directory: string, run: DrillRun = {}): Promise<DrillProcesses> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const runFile = join(directory, "run.json");
  const isAsynchronous = run.strategy !== undefined && "concurrency" in run.strategy;
  const cohort = { ...RUN.cohort, ...(isAsynchronous && { overSelection: 1 }) }; // concurrency says who works
  writeFileSync(runFile, JSON.stringify({ ...RUN, cohort, ...run }));
  const dataDirectory = join(directory, "state");
  const processes: ChildProcess[] = [];
  const clients = new Set<number>();
  const receiptsPath = (index: number): string => join(directory, `receipts-${index}.jsonl`);
  const start = (name: string, nodeArgs: readonly string[], args: readonly string[]): ChildProcess => {
    const child = startHeadwater(nodeArgs, args, join(directory, `${name}.log`));
    processes.push(child);
    return child;
  };
  const status = async (): Promise<LiveStatus> => parseRunStatus(await (await fetch(`${url}/api/status`)).json()).live;

  return {
    url,
    status,
    serve: (nodeArgs = []) =>
      start("coordinator", nodeArgs, ["serve", runFile, "--data", dataDirectory, "--port", new URL(url).port]),
    join(index, nodeArgs = []) {
      clients.add(index);
      const shard = ["--data", "mnist", "--shard", `${index + 1}/1500`, "--max-wait", "1", "--json"];
      const files = ["--identity", join(directory, `identity-${index}.json`), "--receipts", receiptsPath(index)];
      return start(`client-${index}`, nodeArgs, ["join", url, ...shard, ...files]);
    },
    untilReady: (coordinator) =>
      until(async () => {
        if (coordinator.exitCode !== null) throw new Error(`the coordinator exited with ${coordinator.exitCode}`);
        try {
          return (await fetch(`${url}/readyz`)).ok;
        } catch {
          return false; // not listening yet
        }
      }, "the coordinator to be ready"),
    async remains() {
      const store = await openStore({ directory: dataDirectory });
      const events = [...store.events()];
      await store.close();
      const files = await Promise.all([...clients].map((index) => readReceiptFile(receiptsPath(index))));
      const receipts = files.flatMap((file) => file.receipts);
      return { receipts, events, report: await verifyStore(dataDirectory) };
    },
    async killAll() {
      await Promise.all(processes.map((child) => end(child, "SIGKILL")));
    },
  };
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exited;
}

export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > READY_TIMEOUT_MS) throw new Error(`waited in vain for ${what}`);
    await delay(10);
  }
}

function startHeadwater(nodeArgs: readonly string[], args: readonly string[], logPath: string): ChildProcess {
  const log = openSync(logPath, "a");
  const child = spawn(process.execPath, [...nodeArgs, fileURLToPath(distUrl("cli/headwater.js")), ...args], {
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
