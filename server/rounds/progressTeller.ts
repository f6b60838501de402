import type { Clock } from "../../shared/base/clock.ts";
import type { RoundProgress } from "../../shared/protocol/roundProgress.ts";
import type { Broadcaster, Connection } from "../transport/connection.ts";
import type { CoordinatorView } from "./coordinatorView.ts";

/**
 * Tells clients and watchers where the round stands: phases at once, smaller steps a few times a second. Clients hear nothing
 * where nothing of theirs has changed, somebody's coming for instance: else a crowd that comes costs its square.
 */
export interface ProgressTeller {
  changedPhase(): void;
  changed(): void;
  /** Tells one who has just come. */
  tell(connection: Pick<Connection, "send">): void;
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
  /** What was broadcast last, without the time that is left: that passes by itself. */
  let told: string | undefined;

  function broadcast(): void {
    cancelStep?.();
    cancelStep = undefined;
    if (isStopped) return;
    const progress = progressOf(view);
    const text = JSON.stringify({ ...progress, remainingMs: null });
    if (text === told) return;
    told = text;
    broadcaster.broadcast("round", progress);
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
    tell: (connection) => connection.send("round", progressOf(view)),
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
