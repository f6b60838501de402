import { type ContentHash, toHex } from "../../shared/base/hash.ts";
import { type CommitRecord, commitHash, metricsHash, parseCommitRecord } from "../../shared/protocol/commitRecord.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { fromBase64 } from "../store/base64.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { Problems } from "./problems.ts";
import type { VerifyPorts } from "./verifyPorts.ts";
import type { VerifiedRun } from "./verifyRunCreated.ts";

/** What the journal says before a commit. */
export interface CommitContext {
  /** Commits before this one. */
  readonly version: number;
  readonly baseParamsHash: ContentHash;
  /** Hash of the previous commit's record, null for the first. */
  readonly previousCommitHash: ContentHash | null;
  readonly sealed: JournalEventOf<"round-sealed"> | undefined;
  /** The attempt's accepted updates, header hash -> weight. */
  readonly weights: ReadonlyMap<string, number>;
}

/**
 * Checks a commit: the coordinator's signature, every field of what it signed, and that it counts exactly the updates
 * that were accepted in its attempt, each once. Returns the hash that the next commit must name.
 */
export function verifyCommit(
  seq: number,
  event: JournalEventOf<"round-committed">,
  run: VerifiedRun,
  context: CommitContext,
  { problems, sha256, verify }: VerifyPorts,
): ContentHash {
  const bytes = fromBase64(event.record);
  if (!verify(run.coordinatorKey, bytes, fromBase64(event.signature))) {
    problems.add(seq, `commit of round ${event.round} expected the coordinator's signature over its record`);
  }
  const record = problems.attempt(seq, () => parseCommitRecord(bytes));
  if (record !== undefined) {
    const expected: Omit<CommitRecord, "headerHashes" | "coordinatorKey"> = {
      version: PROTOCOL_VERSION,
      runId: run.plan.runId,
      planHash: run.planHash,
      modelHash: run.modelHash,
      round: event.round,
      attempt: event.attempt,
      commitNumber: context.version + 1,
      baseParamsHash: context.baseParamsHash,
      paramsHash: event.paramsHash,
      previousCommitHash: context.previousCommitHash,
      metricsHash: metricsHash(event.metrics, sha256),
      totalWeight: [...context.weights.values()].reduce((sum, weight) => sum + weight, 0),
    };
    for (const [name, value] of Object.entries(expected)) {
      problems.expectEqual(seq, `${name} of the commit`, value, record[name as keyof typeof expected]);
    }
    problems.expectEqual(seq, "coordinatorKey", toHex(run.coordinatorKey), toHex(record.coordinatorKey));
    expectSet(seq, "signed", record.headerHashes, context, problems);
  }
  expectSet(seq, "committed", event.headerHashes, context, problems);
  if (context.sealed === undefined) problems.add(seq, `round ${event.round} was committed without being sealed`);
  else expectSet(seq, "sealed", context.sealed.headerHashes, context, problems);
  return commitHash(bytes, sha256);
}

/** Neither may an accepted update be left out, nor one counted that was not accepted, nor one twice. */
function expectSet(
  seq: number,
  what: string,
  hashes: readonly string[],
  { weights }: CommitContext,
  problems: Problems,
): void {
  const counted = new Set(hashes);
  if (counted.size !== hashes.length) problems.add(seq, `the ${what} updates hold one twice`);
  for (const hash of counted) if (!weights.has(hash)) problems.add(seq, `${what} update ${hash} was never accepted`);
  for (const hash of weights.keys()) {
    if (!counted.has(hash)) problems.add(seq, `accepted update ${hash} is not among the ${what}`);
  }
}
