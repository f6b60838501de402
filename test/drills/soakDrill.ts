import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import type { VerifyReport } from "../../server/verify/verifyReport.ts";
import { verifyStore } from "../../server/verify/verifyStore.ts";
import { type ContentHash, contentHash } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { type LiveStatus, parseRunStatus } from "../../shared/protocol/runStatus.ts";
import { freePort, until } from "./drillProcesses.ts";
import { type DrillProcess, forkProcess } from "./forkProcess.ts";
import { MAX_ABS_DELTA, type Turn } from "./soakConducts.ts";
import { type Answers, startSoakCrowd } from "./soakCrowd.ts";

export interface SoakOptions {
  readonly directory: string;
  readonly seed: number;
  readonly clients: number;
  /** Updates that close a round; half as many more are asked. */
  readonly cohort: number;
  readonly minRoundMs: number;
  /** Clients that leave and others that come, a minute. */
  readonly churnPerMinute: number;
  /** It ends after both. */
  readonly minutes: number;
  readonly minRounds: number;
}

/** What the coordinator's process held at one time. */
export interface SoakSample {
  readonly hours: number;
  readonly rssMb: number;
  /** Of the heap, after a collection. */
  readonly heapMb: number;
  readonly descriptors: number;
}

export interface SoakResult {
  readonly samples: readonly SoakSample[];
  readonly rounds: number;
  /** Longest time without a commit, as seen by asking once in `POLL_MS`. */
  readonly longestGapMs: number;
  readonly answers: Answers;
  readonly joins: number;
  readonly leaves: number;
  readonly thrownOut: number;
  readonly connected: number;
  readonly report: VerifyReport;
  /** |params - target| / |target|: 1 at the start, near 0 if the honest won. NaN if the params are not finite. */
  readonly distance: number;
}

const MODEL = "softmax-regression";
const DEADLINE_MS = 10_000;
/** The coordinator's own: how long it waits for a member whose connection is lost. */
const RECONNECT_GRACE_MS = 10_000;
const POLL_MS = 1000;
const SAMPLE_EVERY = 5;

/** No commit for longer than this: an attempt ran to its end, then the pause between rounds, seen a poll later. */
export function longestAllowedGapMs({ minRoundMs }: SoakOptions): number {
  return DEADLINE_MS + RECONNECT_GRACE_MS + minRoundMs + POLL_MS;
}

async function startCoordinator({ directory, cohort, minRoundMs }: SoakOptions): Promise<[DrillProcess, string]> {
  const byzantine = Math.floor(0.3 * cohort);
  const run = {
    ...{ name: "soak", model: MODEL, rounds: null, deadlineMs: DEADLINE_MS, maxAbsDelta: MAX_ABS_DELTA, minRoundMs },
    cohort: { size: cohort, overSelection: 1.5, quorum: 2 * byzantine + 1 },
    aggregation: { kind: "trimmed-mean", byzantine, before: [{ kind: "norm-bound", bound: { quantile: 0.5 } }] },
  };
  const runPath = join(directory, "run.json");
  writeFileSync(runPath, JSON.stringify(run));
  const port = await freePort();
  const coordinator = await forkProcess(new URL("./soakCoordinator.mjs", import.meta.url), {
    args: ["serve", runPath, "--data", join(directory, "state"), "--port", `${port}`],
    logPath: join(directory, "coordinator.log"),
  });
  return [coordinator, `http://127.0.0.1:${port}`];
}

/** Params by their hash; the latest are kept, since a whole cohort asks for the same. */
function createParamsCache(url: string): (hash: ContentHash) => Promise<Float32Array> {
  const { spec } = zooModel(MODEL);
  let latest: { readonly hash: ContentHash; readonly values: Promise<Float32Array> } | undefined;
  async function fetchParams(hash: ContentHash): Promise<Float32Array> {
    const bytes = new Uint8Array(await (await fetch(`${url}/api/params/${hash}`)).arrayBuffer());
    if (contentHash(nodeSha256, bytes) !== hash) throw new Error(`expected the params ${hash}, got other bytes`);
    return decodeParams(spec, bytes);
  }
  return (hash) => {
    if (latest?.hash !== hash) latest = { hash, values: fetchParams(hash) };
    return latest.values;
  };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/**
 * Serves a run with a robust rule to clients of which some come and go and a fifth is Byzantine, and watches what the
 * coordinator's process holds. Honest clients pull the params towards one target, so the end tells who had the say.
 */
export async function runSoakDrill(options: SoakOptions): Promise<SoakResult> {
  const { seed, clients } = options;
  const [coordinator, url] = await startCoordinator(options);
  const status = async (): Promise<LiveStatus> => parseRunStatus(await (await fetch(`${url}/api/status`)).json()).live;
  const paramsOf = createParamsCache(url);
  const draw = createRng(seed, "soak-target");
  const target = Float32Array.from({ length: zooModel(MODEL).spec.sharedLength }, () => draw.nextFloat() - 0.5);
  const honestDelta: Turn["honestDelta"] = async ({ baseParamsHash }, rng) => {
    const params = await paramsOf(baseParamsHash);
    return target.map((goal, i) => 0.2 * (goal - (params[i] as number)) + 0.02 * (rng.nextFloat() - 0.5));
  };
  const ending = new AbortController();
  try {
    await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok ?? false, "the coordinator");
    const crowd = startSoakCrowd({ url, clients, seed, honestDelta });
    const churning = churnUntil(ending.signal, options, crowd.churn);
    const watched = await watch(options, coordinator, status);
    ending.abort();
    await churning;
    const { numConnected: connected, paramsHash } = await status();
    const params = await paramsOf(paramsHash as ContentHash);
    crowd.close();
    await coordinator.kill();
    const report = await verifyStore(join(options.directory, "state"));
    const { answers, joins, leaves, thrownOut } = crowd;
    const distance = norm(params.map((value, i) => value - (target[i] as number))) / norm(target);
    return { ...watched, answers, joins, leaves, thrownOut, connected, report, distance };
  } finally {
    ending.abort();
    await coordinator.kill();
  }
}

async function churnUntil(signal: AbortSignal, { churnPerMinute, seed }: SoakOptions, churn: () => void) {
  const rng = createRng(seed, "soak-churn");
  while (!signal.aborted) {
    await delay((2 * rng.nextFloat() * 60_000) / churnPerMinute, undefined, { signal }).catch(() => {});
    if (!signal.aborted) churn();
  }
}

async function watch(
  { minutes, minRounds }: SoakOptions,
  coordinator: DrillProcess,
  status: () => Promise<LiveStatus>,
): Promise<Pick<SoakResult, "samples" | "rounds" | "longestGapMs">> {
  const startedAt = performance.now();
  const samples: SoakSample[] = [];
  let rounds = 0;
  let committedAt = startedAt;
  let longestGapMs = 0;
  for (let polls = 0; ; polls++) {
    const now = performance.now();
    const { version } = await status();
    longestGapMs = Math.max(longestGapMs, now - committedAt);
    if (version > rounds) committedAt = now;
    rounds = version;
    if (polls % SAMPLE_EVERY === 0) {
      const held = await coordinator.ask<{ rss: number; heapUsed: number; descriptors: number }>("sample");
      const [rssMb, heapMb] = [held.rss / 1e6, held.heapUsed / 1e6];
      samples.push({ hours: (now - startedAt) / 3_600_000, rssMb, heapMb, descriptors: held.descriptors });
    }
    if (now - startedAt >= minutes * 60_000 && rounds >= minRounds) return { samples, rounds, longestGapMs };
    await delay(Math.max(0, startedAt + (polls + 1) * POLL_MS - performance.now()));
  }
}
