import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createRng } from "../../shared/base/rng.ts";
import { createDrillProcesses, type DrillRemains, end, until } from "./drillProcesses.ts";

export interface ClockDrillOptions {
  readonly directory: string;
  readonly seed: number;
  readonly numClients: number;
  /** How often a process is stopped, for longer than a round's deadline. */
  readonly freezes: number;
  /** How long each stop lasts. */
  readonly freezeMs: number;
}

export interface ClockDrillResult extends DrillRemains {
  /** What the last round said its params were. */
  readonly liveParamsHash: string;
}

const DEADLINE_MS = 2000;

/**
 * Runs rounds while the coordinator's wall clock jumps by an hour or more several times a second and each client's is
 * days off, and stops the coordinator (SIGSTOP) and clients in turn for longer than a deadline: as long as a machine
 * that sleeps. Rounds go by the monotonic clock alone.
 */
export async function runClockDrill({
  directory,
  seed,
  numClients,
  freezes,
  freezeMs,
}: ClockDrillOptions): Promise<ClockDrillResult> {
  const rng = createRng(seed, "clock-drill");
  const processes = await createDrillProcesses(directory, { deadlineMs: DEADLINE_MS });
  const { status } = processes;
  const skewed = ["--import", fileURLToPath(new URL("../support/skewClock.mjs", import.meta.url))];
  try {
    const coordinator = processes.serve(skewed);
    await processes.untilReady(coordinator);
    const clients = Array.from({ length: numClients }, (_, index) => processes.join(index, skewed));
    await until(async () => (await status()).numConnected === numClients, "all clients to join");
    for (let i = 0; i < freezes; i++) {
      await delay(Math.round(rng.nextFloat() * 500));
      const frozen = i % 2 === 0 ? coordinator : (clients[rng.nextBelow(numClients)] as ChildProcess);
      frozen.kill("SIGSTOP");
      await delay(freezeMs);
      frozen.kill("SIGCONT");
      const { version } = await status();
      await until(async () => (await status()).version > version, `a round after freeze ${i + 1}`);
    }
    await Promise.all(clients.map((client) => end(client, "SIGTERM")));
    const liveParamsHash = (await status()).paramsHash;
    await end(coordinator, "SIGTERM");
    return { ...(await processes.remains()), liveParamsHash };
  } finally {
    await processes.killAll();
  }
}
