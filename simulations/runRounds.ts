import type { Metric } from "../shared/nn/metrics/metric.ts";
import { evaluateRound, rounded } from "./evaluateRound.ts";
import type { Experiment } from "./experiment/experiment.ts";
import type { Happening } from "./happening.ts";
import type { TrainingPool } from "./pool/trainingPool.ts";
import type { RoundLine, SummaryLine } from "./roundLine.ts";
import { reachesTarget } from "./stopRule.ts";
import type { VirtualClients } from "./virtualClients.ts";
import type { VirtualClock, VirtualEvent } from "./virtualClock.ts";
import type { RoundResult, VirtualCoordinator } from "./virtualCoordinator.ts";

export interface RunOptions {
  /** Called after each commit (and its evaluation), in order. */
  readonly onRound?: (line: RoundLine) => void;
  /** Ends the run before the next event of virtual time; the round at hand is not committed. */
  readonly signal?: AbortSignal;
}

export interface RunRoundsOptions extends RunOptions {
  readonly experiment: Experiment;
  readonly hasTest: boolean;
  /** Those that the experiment names. */
  readonly metrics: readonly Metric[];
  readonly clock: VirtualClock<Happening>;
  readonly clients: VirtualClients;
  readonly coordinator: VirtualCoordinator;
  readonly pool: TrainingPool;
}

interface Running extends RunRoundsOptions {
  /** Lets the process look at its signals and timers, if that is due. */
  readonly breathe: () => Promise<void> | undefined;
}

/** Attempts of one round before the run is given up: with the same devices, more would hardly fare better. */
const MAX_ATTEMPTS = 20;
/** Real time between two looks at signals and timers of the process. */
const YIELD_EVERY_MS = 50;

/** Runs rounds until the last one, a target or the signal. @throws Error if a round cannot be completed. */
export async function runRounds(options: RunRoundsOptions): Promise<SummaryLine> {
  const { experiment, clock, clients, coordinator, pool, signal } = options;
  const { rounds, stop, evaluateEvery } = experiment;
  await pool.ready();
  const started = performance.now();
  const breathe = createBreather();
  let ended = started;
  let stopped: SummaryLine["stopped"] = "rounds";
  let last: RoundLine | undefined;
  let updates = 0;
  let committed = 0;

  while (committed < rounds) {
    const before = { ...clients.traffic(), virtualMs: clock.nowMs(), startedAt: ended };
    const result = await runRound({ ...options, breathe });
    if (result === undefined) {
      stopped = "interrupted";
      break;
    }
    committed += 1;
    updates += result.accepted;
    const isDue = evaluateEvery > 0 && (committed % evaluateEvery === 0 || committed === rounds);
    const judging = () => clients.participants().map((client) => ({ client, handed: coordinator.handed(client) }));
    const evaluated = isDue
      ? await evaluateRound({ ...options, params: coordinator.params(), clients: judging() })
      : {};
    const metrics = { ...evaluated, trainLoss: rounded(result.trainLoss) };
    ended = performance.now();
    const traffic = clients.traffic();
    last = {
      round: result.round,
      cohort: result.cohort,
      accepted: result.accepted,
      ...testFields(metrics),
      trainLoss: metrics.trainLoss,
      examples: result.examples,
      uplinkBytes: traffic.uplinkBytes - before.uplinkBytes,
      downlinkBytes: traffic.downlinkBytes - before.downlinkBytes,
      seconds: rounded((ended - before.startedAt) / 1000),
      virtualSeconds: rounded((clock.nowMs() - before.virtualMs) / 1000),
      paramsHash: coordinator.paramsHash(),
      metrics,
    };
    options.onRound?.(last);
    if (stop !== undefined && reachesTarget(stop, metrics)) {
      stopped = "target";
      break;
    }
    if (signal?.aborted) {
      stopped = "interrupted";
      break;
    }
  }

  const seconds = (ended - started) / 1000;
  return {
    summary: true,
    rounds: committed,
    stopped,
    ...testFields(last?.metrics ?? {}),
    ...clients.traffic(),
    seconds: rounded(seconds),
    clientRoundsPerSecond: seconds > 0 ? rounded(updates / seconds) : 0,
    paramsHash: coordinator.paramsHash(),
  };
}

/** One round, as many attempts as it takes; nothing if the signal ended it. */
async function runRound(options: Running): Promise<RoundResult | undefined> {
  const { clock, coordinator, pool, signal } = options;
  for (let attempt = 1; ; attempt++) {
    coordinator.open();
    while (coordinator.ended() === undefined) {
      const breath = options.breathe();
      if (breath) await breath;
      if (signal?.aborted) return undefined;
      const event = clock.next();
      if (event === undefined) throw new Error("the round waits for something that will never happen");
      await handle(options, event);
    }
    const ended = coordinator.ended() as NonNullable<ReturnType<VirtualCoordinator["ended"]>>;
    const isCommitted = !("abortedBecause" in ended);
    pool.settle(isCommitted);
    if (isCommitted) return ended;
    if (attempt === MAX_ATTEMPTS) {
      throw new Error(
        `a round was aborted ${MAX_ATTEMPTS} times: ${ended.abortedBecause}; raise cohort.deadlineSeconds or lower cohort.quorumFraction`,
      );
    }
  }
}

async function handle(options: RunRoundsOptions, { client, payload }: VirtualEvent<Happening>): Promise<void> {
  const { clients, coordinator, pool } = options;
  switch (payload.kind) {
    case "client":
      clients.deliver(client, payload.event);
      return;
    case "coordinator":
      coordinator.apply(payload.event);
      return;
    case "uploaded": {
      const { ticket, upload } = payload;
      if (!clients.isUploading(client, upload)) return; // the round closed meanwhile
      try {
        const taken = pool.take(ticket);
        coordinator.receive(client, ticket, upload, taken instanceof Promise ? await taken : taken);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        const advice = error.message.includes("learning rate") ? "" : "; a smaller learning rate may help";
        throw new RangeError(`client ${client}'s update is no use: ${error.message}${advice}`, { cause: error });
      }
      pool.release(ticket);
    }
  }
}

/** Rounds may be shorter than a millisecond and a training longer than a second: time decides, not the number of events. */
function createBreather(): Running["breathe"] {
  let last = performance.now();
  return () => {
    if (performance.now() - last < YIELD_EVERY_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        last = performance.now();
        resolve();
      });
    });
  };
}

const TEST_FIELDS = ["testAccuracy", "testLoss", "clientTestAccuracy", "clientTestLoss", "testedClients"] as const;

/** Those of the metrics that are fields of a line. */
function testFields(metrics: Readonly<Record<string, number>>): Partial<Record<(typeof TEST_FIELDS)[number], number>> {
  return Object.fromEntries(TEST_FIELDS.flatMap((name) => (name in metrics ? [[name, metrics[name]]] : [])));
}
