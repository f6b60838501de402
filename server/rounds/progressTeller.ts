import type { Clock } from "../../shared/base/clock.ts";
import type { RoundProgress } from "../../shared/protocol/roundProgress.ts";
import type { Broadcaster } from "../transport/connection.ts";
import type { CoordinatorView } from "./coordinatorView.ts";

/** Tells clients and watchers where the round stands: phases at once, smaller steps a few times a second. */
export interface ProgressTeller {
  changedPhase(): void;
  changed(): void;
  stop(): void;
}

export interface ProgressTellerOptions {
  readonly clock: Clock;
  readonly broadcaster: Broadcaster;
  readonly view: CoordinatorView;
  readonly onChange: (change: "phase" | "live") => void;
}

const STEP_MS = 250;

export function createProgressTeller({ clock, broadcaster, view, onChange }: ProgressTellerOptions): ProgressTeller {
  let cancelStep: (() => void) | undefined;
  let isStopped = false;

  function broadcast(): void {
    cancelStep?.();
    cancelStep = undefined;
    if (!isStopped) broadcaster.broadcast("round", progressOf(view));
  }

  return {
    changedPhase() {
      broadcast();
      onChange("phase");
    },
    changed() {
      onChange("live");
      if (!isStopped) cancelStep ??= clock.schedule(STEP_MS, broadcast);
    },
    stop() {
      isStopped = true;
      cancelStep?.();
    },
  };
}

function progressOf({ state, run, isFinished, deadlineInMs }: CoordinatorView): RoundProgress {
  return {
    round: state.round,
    attempt: state.attempt,
    phase: isFinished ? "finished" : state.phase,
    cohort: state.members.length,
    goal: state.collections[state.step]?.goal ?? run.plan.cohort.size,
    accepted: state.numAnswered,
    remainingMs: deadlineInMs ?? null,
  };
}
