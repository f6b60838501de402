import type { ContentHash, Sha256 } from "../../shared/base/hash.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import type { Commit } from "../../shared/protocol/commit.ts";
import { encodeCommitRecord, metricsHash } from "../../shared/protocol/commitRecord.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import type { AttemptRef } from "./roundState.ts";
import type { Run } from "./run.ts";

export interface CommitFacts extends AttemptRef {
  /** From 1. */
  readonly commitNumber: number;
  readonly baseParamsHash: ContentHash;
  readonly paramsHash: ContentHash;
  readonly previousCommitHash: ContentHash | null;
  readonly totalWeight: number;
  readonly headerHashes: readonly ContentHash[];
  readonly metrics: Metrics;
}

/** The signed list of who is in a round's new params, ready to journal and to send. */
export async function signCommit(run: Run, signer: Signer, sha256: Sha256, facts: CommitFacts): Promise<Commit> {
  const { metrics, ...rest } = facts;
  const record = encodeCommitRecord({
    version: PROTOCOL_VERSION,
    runId: run.plan.runId,
    coordinatorKey: signer.publicKey,
    planHash: run.planHash,
    modelHash: run.modelHash,
    metricsHash: metricsHash(metrics, sha256),
    ...rest,
  });
  const { round, attempt, paramsHash } = facts;
  return { round, attempt, paramsHash, metrics, record, signature: await signer.sign(record) };
}
