import type { HostedRun } from "./hostedRun.ts";
import { OperatorError } from "./operatorError.ts";
import type { NewRun } from "./runShelf.ts";

/** Rounds whose params are looked for when those asked for are gone. */
const LAST_ROUNDS = 16;

/**
 * The params that a committed round made (round from 0; the latest when absent), for a new run to start from.
 * @throws OperatorError NOT_FOUND if there is no such round, or retention has let its params go; the message says which are kept.
 */
export async function findCheckpoint(
  source: HostedRun,
  round: number | undefined,
): Promise<Required<Pick<NewRun, "paramsBytes" | "forkedFrom">>> {
  const { name, runId } = source.run.plan;
  const rounds = source.rounds();
  const latest = rounds.at(-1);
  const { best } = source.coordinator.view.summaries; // it may be older than all that are listed
  const wanted = round === undefined ? latest : [...rounds, best].find((summary) => summary?.round === round);
  const hash = round === undefined ? source.coordinator.view.paramsHash : wanted?.paramsHash;
  const paramsBytes = hash === undefined ? undefined : await source.params(hash);
  if (paramsBytes === undefined) {
    const kept = await keptRounds(source);
    const which = kept.length > 0 ? `kept are those of ${forAll(kept)}` : "none is committed";
    throw new OperatorError("NOT_FOUND", `run ${name} has no params of round ${forAll([round ?? 0])}; ${which}`);
  }
  return { paramsBytes, forkedFrom: { runId, round: wanted?.round ?? null } };
}

/** Terminal and page count rounds from 1, HTTP from 0, and all show this message. */
function forAll(rounds: readonly number[]): string {
  return `${rounds.map((round) => round + 1).join(", ")} (counted from 0: ${rounds.join(", ")})`;
}

async function keptRounds(source: HostedRun): Promise<readonly number[]> {
  const { best } = source.coordinator.view.summaries;
  const candidates = new Set([...(best === undefined ? [] : [best]), ...source.rounds().slice(-LAST_ROUNDS)]);
  const kept: number[] = [];
  for (const { round, paramsHash } of candidates) {
    if (await source.store.hasBlob(paramsHash as Parameters<HostedRun["store"]["hasBlob"]>[0])) kept.push(round);
  }
  return kept.sort((a, b) => a - b);
}
