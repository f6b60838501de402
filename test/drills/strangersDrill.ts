import { setTimeout as delay } from "node:timers/promises";
import { type ScriptedClient, startScriptedClient } from "../support/scriptedClient.ts";
import { type DrillProcess, forkProcess } from "./forkProcess.ts";
import {
  deafMember,
  fragments,
  type HostilePeer,
  halfOpenUpgrade,
  neverJoins,
  readsNoAnswers,
  slowBody,
  unfinishedAttachments,
  unfinishedFrame,
} from "./hostilePeers.ts";

/** 100 x 100 weights and 100 biases: what serverProcess.mjs trains. */
const NUM_PARAMS = 10_100;
const NUM_HONEST = 5;
const SERVER = new URL("./serverProcess.mjs", import.meta.url);
const LIMITS = { maxConnectionsPerAddress: 5000, connectBurst: 100_000 };

const startServer = (): Promise<DrillProcess> =>
  forkProcess(SERVER, {
    ...{ mode: "coordinator", port: 0, limits: LIMITS, seed: 1 },
    plan: { rounds: null, cohort: { size: NUM_HONEST, quorum: NUM_HONEST }, deadlineMs: 60_000 },
  });

const rssOf = async (server: DrillProcess): Promise<number> => (await server.ask<{ rss: number }>("stats")).rss;

const allEnded = (peers: readonly HostilePeer[]): Promise<readonly number[]> =>
  Promise.all(peers.map(({ ended }) => ended));

export interface MemoryOptions {
  readonly peers: number;
  /** How long each attack is watched. */
  readonly watchMs: number;
  readonly fragmentsEach: number;
}

/** What strangers can make the server hold: growth of its resident memory, bytes, and how many are still connected. */
export type MemoryResult = Readonly<Record<string, { readonly growth: number; readonly open: number }>>;

/** Connections that never said who they are, each holding as much of the server's memory as it can. */
export async function runMemoryDrill({ peers, watchMs, fragmentsEach }: MemoryOptions): Promise<MemoryResult> {
  const server = await startServer();
  const port = server.ready.port as number;
  const result: Record<string, { growth: number; open: number }> = {};
  const attack = async (name: string, start: (port: number) => HostilePeer): Promise<void> => {
    const before = await rssOf(server);
    const hostile = Array.from({ length: peers }, () => start(port));
    let most = before;
    for (let i = 0; i < 10; i++) {
      await delay(watchMs / 10);
      most = Math.max(most, await rssOf(server));
    }
    result[name] = { growth: most - before, open: hostile.filter(({ isOpen }) => isOpen).length };
    for (const peer of hostile) peer.leave();
  };
  try {
    await attack("warming up", neverJoins); // what any first connections cost
    await attack("a thousand requests at once", readsNoAnswers);
    await attack("attachments that are not finished", unfinishedAttachments);
    await attack("frames that are not finished", unfinishedFrame);
    await attack(`${fragmentsEach} fragments of one byte`, (to) => fragments(to, fragmentsEach));
  } finally {
    await server.kill();
  }
  return result;
}

export interface SlowPeersOptions {
  readonly halfOpen: number;
  readonly slowBodies: number;
  readonly neverJoining: number;
  /** Rounds of the honest members without anybody else, and at least as many with. */
  readonly rounds: number;
  /** Whether the drill waits until each hostile peer is gone. */
  readonly untilGone: boolean;
}

export interface SlowPeersResult {
  /** Milliseconds between commits of the honest members, alone and under attack. */
  readonly alone: readonly number[];
  readonly attacked: readonly number[];
  /** Milliseconds until each hostile peer was gone, by kind. */
  readonly goneAfterMs: Readonly<Record<string, readonly number[]>>;
}

/** Peers that hold on to what they have and give nothing, while honest members go through their rounds. */
export async function runSlowPeersDrill(options: SlowPeersOptions): Promise<SlowPeersResult> {
  const server = await startServer();
  const port = server.ready.port as number;
  const url = `http://127.0.0.1:${port}`;
  const honest: ScriptedClient[] = Array.from({ length: NUM_HONEST }, (_, i) =>
    startScriptedClient({ url, name: `honest-${i}`, numParams: NUM_PARAMS, delta: 0.001 }),
  );
  const witness = honest[0] as ScriptedClient;
  const commits: number[] = [];
  const noteCommits = async (): Promise<void> => {
    for (let round = 0; ; round++) {
      await witness.until((event) => event.kind === "metrics" && event.round === round);
      commits.push(performance.now());
    }
  };
  const durations = (from: number): number[] =>
    commits.slice(from + 1).map((at, i) => at - (commits[from + i] as number));
  const untilCommits = async (count: number): Promise<void> => {
    await witness.until((event) => event.kind === "metrics" && event.round === count - 1);
    await delay(0);
  };
  const hostile: Record<string, HostilePeer[]> = {};
  try {
    void noteCommits();
    await untilCommits(options.rounds);
    const alone = durations(Math.min(10, options.rounds >> 1)); // the first ones are slower
    const attackedFrom = commits.length;
    const many = (count: number, start: (port: number) => HostilePeer) =>
      Array.from({ length: count }, () => start(port));
    hostile["half an upgrade"] = many(options.halfOpen, halfOpenUpgrade);
    hostile["a byte a second"] = many(options.slowBodies, slowBody);
    hostile["never says hello"] = many(options.neverJoining, neverJoins);
    const goneAfterMs: Record<string, readonly number[]> = {};
    if (options.untilGone) {
      for (const [kind, peers] of Object.entries(hostile)) goneAfterMs[kind] = await allEnded(peers);
    }
    await untilCommits(attackedFrom + options.rounds);
    return { alone, attacked: durations(attackedFrom), goneAfterMs };
  } finally {
    for (const peer of Object.values(hostile).flat()) peer.leave();
    await Promise.all(honest.map((one) => one.leave()));
    await server.kill();
  }
}

/** Members that ask for params and read nothing of what comes. Milliseconds until the server has let go of them all. */
export async function runDeafDrill(peers: number): Promise<number> {
  const server = await startServer();
  const port = server.ready.port as number;
  const hostile: Pick<HostilePeer, "leave">[] = [];
  try {
    const status = (await (await fetch(`http://127.0.0.1:${port}/api/status`)).json()) as {
      live: { paramsHash: string };
    };
    for (let i = 0; i < peers; i++) hostile.push(await deafMember(port, `deaf-${i}`, status.live.paramsHash));
    const startedAt = performance.now();
    // Asked of the server: a client that does not read does not see the end either.
    while ((await server.ask<{ numConnections: number }>("stats")).numConnections > 0) await delay(100);
    return performance.now() - startedAt;
  } finally {
    for (const peer of hostile) peer.leave();
    await server.kill();
  }
}
