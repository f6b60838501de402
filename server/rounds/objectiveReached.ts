import type { Objective } from "../../shared/protocol/evaluationPlan.ts";
import type { RoundSummary } from "../../shared/protocol/runStatus.ts";
import { metricOf, type RoundSummaries } from "./roundSummaries.ts";

/**
 * Why a run is finished before its last round: its metric is at the target, or did not get better by more than `minChange`
 * for so many rounds. Undefined while it goes on, and for rounds that do not have the metric.
 */
export function objectiveReached(objective: Objective | undefined, summaries: RoundSummaries): string | undefined {
  if (objective === undefined) return undefined;
  const { metric, goal, target, plateau } = objective;
  const judged = summaries.list().filter((summary) => metricOf(summary, metric) !== undefined);
  const isThere = (value: number): boolean =>
    target !== undefined && (goal === "max" ? value >= target : value <= target);
  const first = judged.find((summary) => isThere(metricOf(summary, metric) as number));
  if (first !== undefined) {
    const value = metricOf(first, metric);
    return `${metric} is ${value} after ${first.round + 1} rounds: the target of ${target} is reached`;
  }
  if (plateau === undefined) return undefined;
  const { rounds, minChange } = plateau;
  if (judged.length <= rounds) return undefined;
  const gain = (later: readonly RoundSummary[], earlier: readonly RoundSummary[]): number => {
    const [now, before] = [later, earlier].map((some) => bestOf(some, metric, goal)) as [number, number];
    return goal === "max" ? now - before : before - now;
  };
  if (gain(judged.slice(-rounds), judged.slice(0, -rounds)) > minChange) return undefined;
  return `${metric} did not get better by more than ${minChange} for ${rounds} rounds`;
}

function bestOf(summaries: readonly RoundSummary[], metric: string, goal: Objective["goal"]): number {
  const values = summaries.map((summary) => metricOf(summary, metric) as number);
  return values.reduce((best, value) => (goal === "max" ? Math.max(best, value) : Math.min(best, value)));
}
