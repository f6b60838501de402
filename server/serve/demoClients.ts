import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../logger.ts";

export interface DemoClientsOptions {
  readonly url: string;
  readonly numClients: number;
  /** Parts that the data are cut into; each client holds one. */
  readonly numShards: number;
  /** Where their keys are kept, so that they are the same clients at the next start. */
  readonly directory: string;
  readonly logger: Logger;
}

const FIRST_RESTART_MS = 1000;
const LONGEST_RESTART_MS = 30_000;
/** A client that ran this long is not failing at its start. */
const HEALTHY_MS = 60_000;
const KILL_AFTER_MS = 3000;

/** Local clients of the demonstration run, each in a process of its own, as real ones are. */
export interface DemoClients {
  stop(): Promise<void>;
}

/** Starts the clients and starts one again, with growing pauses, when it dies. */
export function startDemoClients(options: DemoClientsOptions): DemoClients {
  const { directory, numClients, logger } = options;
  mkdirSync(directory, { recursive: true });
  const running = new Map<number, ChildProcess>();
  const restarts = new Set<NodeJS.Timeout>();
  let isStopping = false;

  function start(part: number, pauseMs: number): void {
    const startedAtMs = performance.now();
    const child = spawnClient(options, part);
    running.set(part, child);
    child.once("error", (error) => logger.error({ err: error, part }, "a local client could not be started"));
    child.once("exit", (code, signal) => {
      running.delete(part);
      if (isStopping || code === 0) return; // the run is finished
      const nextMs = performance.now() - startedAtMs > HEALTHY_MS ? FIRST_RESTART_MS : pauseMs;
      logger.warn({ part, code, signal, againInMs: nextMs }, "a local client ended; it is started again");
      const timer = setTimeout(() => {
        restarts.delete(timer);
        start(part, Math.min(2 * nextMs, LONGEST_RESTART_MS));
      }, nextMs);
      restarts.add(timer);
    });
  }

  for (let part = 1; part <= numClients; part++) start(part, FIRST_RESTART_MS);

  return {
    async stop() {
      isStopping = true;
      for (const timer of restarts) clearTimeout(timer);
      await Promise.all([...running.values()].map(endProcess));
    },
  };
}

/** `headwater join` as a process; its stderr is ours. Child processes always run the built files. */
function spawnClient({ url, numShards, directory }: DemoClientsOptions, part: number): ChildProcess {
  const isBuilt = import.meta.url.endsWith(".js");
  const dist = new URL(isBuilt ? "../../" : "../../dist/", import.meta.url);
  const args = [
    "--import",
    new URL("server/serve/exitWithParent.js", dist).href,
    fileURLToPath(new URL("cli/headwater.js", dist)),
    ...["join", url, "--data", "mnist", "--shard", `${part}/${numShards}`],
    ...["--identity", join(directory, `client-${part}.json`), "--name", `local ${part}`, "--json"],
  ];
  return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

function endProcess(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
