import type { HostedRun } from "../runs/hostedRun.ts";

/** Why a coordinator is not ready, for machines, and the same for people: nothing in it names a path or a client. */
export const NOT_READY = {
  DRAINING: "the coordinator is stopping; the state is kept and the next start goes on from it",
  READ_ONLY: "a write to the store failed; the coordinator's log says why",
  DISK_FULL: "the data folder holds more than it may; raise maxDisk",
  PAUSED: "no run that is not over opens rounds; `headwater runs show` says why, and the coordinator's log in full",
} as const;

export type NotReady = keyof typeof NOT_READY;

export interface ReadinessOptions {
  readonly runs: () => readonly Pick<HostedRun, "coordinator" | "store">[];
  readonly isDraining: () => boolean;
  readonly isDiskFull: () => boolean;
}

/**
 * Says why clients should not be sent here now; undefined while they may. Runs that are over say nothing: a coordinator
 * whose every run is over still serves their params.
 */
export function readiness({ runs, isDraining, isDiskFull }: ReadinessOptions): () => NotReady | undefined {
  return () => {
    if (isDraining()) return "DRAINING";
    const all = runs();
    if (all.some(({ store }) => store.readOnlyReason !== undefined)) return "READ_ONLY";
    const goingOn = all.map(({ coordinator }) => coordinator.view).filter(({ isFinished }) => !isFinished);
    const paused = goingOn.filter((view) => view.paused !== undefined);
    if (paused.length > 0 && isDiskFull()) return "DISK_FULL";
    return paused.length > 0 && paused.length === goingOn.length ? "PAUSED" : undefined;
  };
}
