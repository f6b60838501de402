import { setTimeout as delay } from "node:timers/promises";
import { type DrillProcess, forkProcess } from "./forkProcess.ts";

export interface CrowdOptions {
  readonly clients: number;
  /** Processes that hold the clients' sockets. */
  readonly processes: number;
  readonly broadcastBytes: number;
  readonly broadcasts: number;
}

interface Lag {
  readonly max: number;
  readonly p99: number;
}

interface Heard {
  readonly count: number;
  readonly lastAt: number;
}

export interface CrowdResult {
  readonly connected: number;
  readonly connectSeconds: number;
  /** Growth of the server's resident memory for each idle connection. */
  readonly bytesPerConnection: number;
  /** For each broadcast: who has it, after how long the last one had it, and how late the server's event loop was. */
  readonly broadcasts: readonly { readonly heard: number; readonly seconds: number; readonly lagMs: Lag }[];
}

/** Loopback addresses that the clients come from: a budget is per address. */
const ADDRESSES = 8;

/** Asked this often at most: a second each. */
const MAX_POLLS = 120;

async function untilHeard(crowds: readonly DrillProcess[], number: number, all: number): Promise<Heard> {
  for (let polls = 0; ; polls++) {
    const each = await Promise.all(crowds.map((crowd) => crowd.ask<Heard>("heard", { number })));
    const count = each.reduce((sum, heard) => sum + heard.count, 0);
    if (count >= all || polls === MAX_POLLS) return { count, lastAt: Math.max(...each.map(({ lastAt }) => lastAt)) };
    await delay(polls === 0 ? 100 : 1000);
  }
}

/** Many idle sockets on one transport, and a broadcast to all of them. */
export async function runCrowdDrill(options: CrowdOptions): Promise<CrowdResult> {
  const { clients, processes, broadcastBytes } = options;
  const perAddress = Math.ceil(clients / ADDRESSES) + 1;
  const limits = { maxConnections: clients + 10, maxConnectionsPerAddress: perAddress, connectBurst: perAddress };
  const server = await forkProcess(new URL("./serverProcess.mjs", import.meta.url), {
    ...{ mode: "transport", port: 0, limits },
  });
  const crowds: DrillProcess[] = [];
  try {
    const url = `http://127.0.0.1:${server.ready.port}`;
    const before = await server.ask<{ rss: number }>("stats");
    const share = Math.ceil(clients / processes);
    for (let i = 0; i < processes; i++) {
      const count = Math.min(share, clients - i * share);
      const crowd = { url, count, addresses: ADDRESSES, offset: i * share };
      crowds.push(await forkProcess(new URL("./idleCrowd.mjs", import.meta.url), crowd));
    }
    await delay(1000);
    const after = await server.ask<{ rss: number; numConnections: number }>("stats");
    const broadcasts: CrowdResult["broadcasts"][number][] = [];
    for (let i = 0; i < options.broadcasts; i++) {
      await server.ask("lag"); // begins anew
      const startedAt = Date.now();
      const number = await server.ask<number>("broadcast", { event: "commit", bytes: broadcastBytes });
      const { count, lastAt } = await untilHeard(crowds, number, after.numConnections);
      broadcasts.push({ heard: count, seconds: (lastAt - startedAt) / 1000, lagMs: await server.ask<Lag>("lag") });
    }
    return {
      connected: after.numConnections,
      connectSeconds: crowds.reduce((sum, { ready }) => sum + (ready.seconds as number), 0),
      bytesPerConnection: Math.round((after.rss - before.rss) / after.numConnections),
      broadcasts,
    };
  } finally {
    await Promise.all([server, ...crowds].map((one) => one.kill()));
  }
}
