import type { HostedRun } from "./hostedRun.ts";

/** The runs of one coordinator process. The first one is the default: it answers whoever names none. */
export interface RunDirectory {
  readonly default: HostedRun;
  /** In the order in which they were put in. */
  list(): readonly HostedRun[];
  /** By run id or, failing that, by name; the default run when nothing is named. */
  find(nameOrId?: string): HostedRun | undefined;
  add(hosted: HostedRun): void;
  remove(runId: string): void;
}

export function createRunDirectory(first: HostedRun): RunDirectory {
  const runs = new Map([[first.run.plan.runId, first]]);
  return {
    default: first,
    list: () => [...runs.values()],
    find(nameOrId) {
      if (nameOrId === undefined) return first;
      return runs.get(nameOrId) ?? [...runs.values()].find(({ run }) => run.plan.name === nameOrId);
    },
    add(hosted) {
      runs.set(hosted.run.plan.runId, hosted);
    },
    remove(runId) {
      runs.delete(runId);
    },
  };
}
