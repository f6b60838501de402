import type { RunSummary } from "../../shared/protocol/runList.ts";
import type { HostedRun } from "../runs/hostedRun.ts";
import type { RunDirectory } from "../runs/runDirectory.ts";

/** Each run in a line. */
export function listRuns(runs: Pick<RunDirectory, "default" | "list">): RunSummary[] {
  return runs.list().map((hosted) => summariseRun(hosted, hosted === runs.default));
}

export function summariseRun({ status, rounds }: HostedRun, isDefault: boolean): RunSummary {
  const { run, live } = status();
  const judged = rounds().findLast(({ testAccuracy }) => testAccuracy !== undefined);
  return {
    runId: run.runId,
    name: run.name,
    model: run.model,
    numRounds: run.numRounds,
    identity: run.identity,
    phase: live.phase,
    isPaused: live.isPaused,
    version: live.version,
    numConnected: live.numConnected,
    isDefault,
    ...(judged?.testAccuracy === undefined ? {} : { testAccuracy: judged.testAccuracy }),
  };
}
