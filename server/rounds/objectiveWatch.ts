import type { Objective } from "../../shared/protocol/evaluationPlan.ts";

/** Looks at a run's metric, one committed round that has it after the other. */
export interface ObjectiveWatch {
  /** `round` counts from 0. */
  see(round: number, value: number): void;
  /**
   * Why the run is finished before its last round: the metric is at the target, or did not get better by more than
   * `minChange` for so many rounds. Undefined while it goes on; what was reached first stays.
   */
  readonly reached: string | undefined;
}

export function createObjectiveWatch({ metric, goal, target, plateau }: Objective): ObjectiveWatch {
  const gain = (now: number, before: number): number => (goal === "max" ? now - before : before - now);
  /** What the next round is to improve on, and the rounds that did not. */
  let best: number | undefined;
  let roundsSince = 0;

  function verdict(round: number, value: number): string | undefined {
    if (target !== undefined && gain(value, target) >= 0) {
      return `${metric} is ${value} after ${round + 1} rounds: the target of ${target} is reached`;
    }
    if (plateau === undefined || roundsSince < plateau.rounds) return undefined;
    return `${metric} did not get better by more than ${plateau.minChange} for ${plateau.rounds} rounds`;
  }

  let reached: string | undefined;
  return {
    see(round, value) {
      if (best === undefined || gain(value, best) > (plateau?.minChange ?? 0)) {
        best = value;
        roundsSince = 0;
      } else {
        roundsSince++;
      }
      reached ??= verdict(round, value);
    },
    get reached() {
      return reached;
    },
  };
}
