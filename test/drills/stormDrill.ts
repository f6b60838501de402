import { setTimeout as delay } from "node:timers/promises";
import { type DrillProcess, forkProcess } from "./forkProcess.ts";

export interface StormOptions {
  readonly clients: number;
  /** Processes that they run in. */
  readonly processes: number;
  /** Where the run is kept, so that the clients find it again. */
  readonly directory: string;
  /** How long nobody answers. */
  readonly downMs: number;
  /** How long they are watched once they are back. */
  readonly watchMs: number;
}

export interface StormResult {
  /** Seconds from the coordinator's return until so much of the clients is back. */
  readonly secondsUntil: { readonly half: number; readonly most: number };
  /** The smallest part of the clients that was connected at any time after 99 % were. */
  readonly leastAfterwards: number;
  /** Connections that failed or ended, over all clients. */
  readonly failures: number;
  /** How late the coordinator's event loop was while they came. */
  readonly lagMs: { readonly max: number; readonly p99: number };
  /** Rounds committed before the kill and at the end. */
  readonly versions: readonly [number, number];
}

interface ClientsState {
  readonly ready: number;
  readonly ended: number;
  readonly numFailures: number;
}

/** As many as fit the default budget of an address each. */
const ADDRESSES = 8;
const NUM_PARAMS = 10_100;
const POLL_MS = 200;
/** Nobody waits longer than this for the clients to come back. */
const PATIENCE_MS = 180_000;

function startServer(directory: string, port: number): Promise<DrillProcess> {
  return forkProcess(new URL("./serverProcess.mjs", import.meta.url), {
    ...{ mode: "coordinator", directory, port, limits: {}, seed: 2 },
    plan: { rounds: null, cohort: { size: 10, overSelection: 2, quorum: 3 }, deadlineMs: 10_000 },
  });
}

/** Kills a coordinator under thousands of clients, starts it again, and watches them come back. */
export async function runStormDrill(options: StormOptions): Promise<StormResult> {
  const { clients, processes, directory } = options;
  let server = await startServer(directory, 0);
  const port = server.ready.port as number;
  const groups: DrillProcess[] = [];
  const state = async (): Promise<ClientsState> => {
    const each = await Promise.all(groups.map((group) => group.ask<ClientsState>("state")));
    return each.reduce((sum, one) => ({
      ready: sum.ready + one.ready,
      ended: sum.ended + one.ended,
      numFailures: sum.numFailures + one.numFailures,
    }));
  };
  const until = async (fraction: number): Promise<number> => {
    const startedAt = performance.now();
    for (;;) {
      const { ready, ended } = await state();
      const ms = performance.now() - startedAt;
      if (ready >= fraction * clients) return ms;
      if (ended > 0 || ms > PATIENCE_MS)
        throw new Error(`${ready} of ${clients} are there after ${ms} ms, ${ended} gave up`);
      await delay(POLL_MS);
    }
  };
  const version = async (): Promise<number> => (await server.ask<{ version: number }>("stats")).version;
  try {
    const share = Math.ceil(clients / processes);
    for (let i = 0; i < processes; i++) {
      const count = Math.min(share, clients - i * share);
      const group = {
        url: `http://127.0.0.1:${port}`,
        count,
        addresses: ADDRESSES,
        offset: i * share,
        numParams: NUM_PARAMS,
      };
      groups.push(await forkProcess(new URL("./stormClients.mjs", import.meta.url), group));
    }
    await until(0.99);
    const before = await version();
    const failuresBefore = (await state()).numFailures;
    await server.kill();
    await delay(options.downMs);
    server = await startServer(directory, port);
    const half = await until(0.5);
    const most = half + (await until(0.99));
    const lagMs = await server.ask<StormResult["lagMs"]>("lag");
    let least = 1;
    for (let watched = 0; watched < options.watchMs; watched += POLL_MS) {
      await delay(POLL_MS);
      least = Math.min(least, (await state()).ready / clients);
    }
    return {
      secondsUntil: { half: half / 1000, most: most / 1000 },
      leastAfterwards: least,
      failures: (await state()).numFailures - failuresBefore,
      lagMs,
      versions: [before, await version()],
    };
  } finally {
    await Promise.all([server, ...groups].map((one) => one.kill()));
  }
}
