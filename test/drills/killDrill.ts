import { setTimeout as delay } from "node:timers/promises";
import { createRng } from "../../shared/base/rng.ts";
import { type DrillPlan, strategyOf } from "./drillPlans.ts";
import { createDrillProcesses, type DrillRemains, end, until } from "./drillProcesses.ts";

export interface KillDrillOptions {
  readonly directory: string;
  readonly plan: DrillPlan;
  readonly kills: number;
  readonly seed: number;
  readonly numClients: number;
  /** A kill comes this long after the coordinator is ready, at most; two seconds when absent. */
  readonly windowMs?: number;
  readonly log?: (line: string) => void;
}

export interface KillDrillResult extends DrillRemains {
  /** From the start of a process to its first "ready", for each restart after a kill. */
  readonly recoveryMs: readonly number[];
  /** What the last process said its params were, before it was asked to stop. */
  readonly liveParamsHash: string;
}

/**
 * Kills a coordinator (SIGKILL) again and again while Node clients train against it and log their receipts to files,
 * restarts it each time, lets it finish a last round, and collects what both sides remember.
 */
export async function runKillDrill(options: KillDrillOptions): Promise<KillDrillResult> {
  const { directory, plan, kills, seed, numClients, windowMs = 2000, log = () => {} } = options;
  const rng = createRng(seed, "kill-drill");
  const processes = await createDrillProcesses(directory, { strategy: strategyOf(plan, numClients) });
  const { serve, status, untilReady } = processes;
  try {
    let coordinator = serve();
    await untilReady(coordinator);
    const clients = Array.from({ length: numClients }, (_, index) => processes.join(index));
    await until(async () => (await status()).numConnected === numClients, "all clients to join");
    const recoveryMs: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const waitMs = Math.round(rng.nextFloat() * windowMs);
      await delay(waitMs);
      await end(coordinator, "SIGKILL");
      const startedAt = performance.now();
      coordinator = serve();
      await untilReady(coordinator);
      recoveryMs.push(performance.now() - startedAt);
      log(`kill ${kill + 1}/${kills} after ${waitMs} ms; ready again in ${Math.round(recoveryMs.at(-1) as number)} ms`);
    }
    const { version } = await status();
    await until(async () => (await status()).version > version, "a round after the last kill");
    await Promise.all(clients.map((client) => end(client, "SIGTERM")));
    const liveParamsHash = (await status()).paramsHash;
    await end(coordinator, "SIGTERM");
    return { ...(await processes.remains()), recoveryMs, liveParamsHash };
  } finally {
    await processes.killAll();
  }
}
