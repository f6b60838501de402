import { plainText } from "../../shared/base/plainText.ts";
import type { RunSummary } from "../../shared/protocol/runList.ts";
import type { RunStatus } from "../../shared/protocol/runStatus.ts";

/** Where a run stands, in a word. */
export function stateOf({ phase, isPaused }: Pick<RunSummary, "phase" | "isPaused">): string {
  return isPaused ? "paused" : phase;
}

/** The runs as columns. */
export function listLines(runs: readonly RunSummary[]): string {
  const rows = runs.map((run) => [
    `${run.name}${run.isDefault ? " (default)" : ""}`,
    run.model,
    stateOf(run),
    `${run.version}${run.numRounds === null ? "" : `/${run.numRounds}`}`,
    String(run.numConnected),
    run.testAccuracy === undefined ? "" : `${(100 * run.testAccuracy).toFixed(2)} %`,
    run.runId.slice(0, 8),
  ]);
  return columns([["run", "model", "state", "rounds", "clients", "accuracy", "id"], ...rows]);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** One run, a line a fact. */
export function showLines({ run, live }: RunStatus): string {
  const state = stateOf(live);
  const reason = state === "paused" ? live.pauseReason : live.endReason;
  const rounds = run.numRounds === null ? "until it is stopped" : `of ${run.numRounds}`;
  return columns([
    ["run", run.name],
    ["id", run.runId],
    ["state", state],
    ...(reason === undefined ? [] : [["reason", plainText(reason, 500)]]),
    ["rounds", `${live.version} ${rounds}`],
    ["clients", `${live.numConnected} connected, ${run.quorum} to ${run.goal} a round`],
    ["model", `${run.model}, ${run.numParams.toLocaleString("en")} params`],
    ["strategy", `${run.strategy}, deadline ${run.deadlineMs / 1000} s`],
    ["aggregation", run.aggregation],
    ["identity", run.identity],
    ["params", live.paramsHash],
    ["plan", run.planHash],
    ["key", run.coordinatorKey],
  ]);
}
