import { commitsBefore, DEFAULT_OBJECTIVE, type Objective } from "../../shared/protocol/evaluationPlan.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import type { RoundSummary } from "../../shared/protocol/runStatus.ts";
import { createObjectiveWatch } from "./objectiveWatch.ts";

/** The round whose params are the best by the run's objective, and how good they are. */
export interface BestRound extends Pick<RoundSummary, "round" | "paramsHash"> {
  readonly value: number;
}

/** Committed rounds for people to look at: the last 10,000, the best one of all, and whether they are good enough. */
export interface RoundSummaries {
  add(summary: RoundSummary): void;
  list(): readonly RoundSummary[];
  /** Undefined while none is known to have that metric. */
  readonly best: BestRound | undefined;
  /** Why the run is finished before its last round; undefined while its objective is not reached. */
  readonly reached: string | undefined;
  readonly updatesAccepted: number;
}

const MAX_LISTED = 10_000;

/** Figures with a field of their own; all others go under `metrics`. */
const OWN_FIELDS = ["testAccuracy", "testLoss", "trainLoss"] as const;
const COUNTED = ["cohort", "accepted", "examples", "uplinkBytes", "downlinkBytes", "seconds"] as const;

export function createRoundSummaries(objective: Objective = DEFAULT_OBJECTIVE): RoundSummaries {
  const { metric, goal } = objective;
  const watch = createObjectiveWatch(objective);
  const listed: RoundSummary[] = [];
  let best: BestRound | undefined;
  let updatesAccepted = 0;
  return {
    add(summary) {
      listed.push(summary);
      const judged = listed.at(-1 - commitsBefore(metric, summary.metrics ?? {}));
      if (listed.length > MAX_LISTED) listed.shift();
      updatesAccepted += summary.accepted;
      const value = metricOf(summary, metric);
      if (value === undefined) return;
      watch.see(summary.round, value);
      if (judged === undefined) return; // no round made the initial params
      if (best === undefined || (goal === "max" ? value > best.value : value < best.value)) {
        best = { round: judged.round, paramsHash: judged.paramsHash, value };
      }
    },
    list: () => listed,
    get best() {
      return best;
    },
    get reached() {
      return watch.reached;
    },
    get updatesAccepted() {
      return updatesAccepted;
    },
  };
}

/** A figure of a round by its name, wherever its line has it. */
function metricOf(summary: RoundSummary, name: string): number | undefined {
  const own = OWN_FIELDS.find((field) => field === name);
  return own === undefined ? summary.metrics?.[name] : summary[own];
}

/** A committed round's line from the metrics that its commit carries; the journal keeps no other copy of them. */
export function summaryOf(round: number, paramsHash: string, metrics: Metrics): RoundSummary {
  const counted = Object.fromEntries(COUNTED.map((name) => [name, metrics[name] ?? 0])) as Record<
    (typeof COUNTED)[number],
    number
  >;
  const own = Object.fromEntries(
    OWN_FIELDS.flatMap((name) => (metrics[name] === undefined ? [] : [[name, metrics[name]]])),
  );
  const known: readonly string[] = [...COUNTED, ...OWN_FIELDS];
  const others = Object.entries(metrics).filter(([name]) => !known.includes(name));
  return {
    round,
    ...counted,
    ...own,
    paramsHash,
    ...(others.length > 0 ? { metrics: Object.fromEntries(others) } : {}),
  };
}
