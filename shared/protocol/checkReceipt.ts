import { type ErrorCode, ProtocolError } from "../base/errors.ts";
import { type ContentHash, type Sha256, toHex } from "../base/hash.ts";
import type { Verify } from "../crypto/signer.ts";
import type { Commit, SignedCommit } from "./commit.ts";
import { type CommitRecord, metricsHash, parseCommitRecord } from "./commitRecord.ts";
import { parseReceipt, type Receipt } from "./receipt.ts";
import type { SignedReceipt } from "./uploadAck.ts";

/**
 * Client: is this a receipt for my update? Keep it: together with a commit that leaves the update out, it is a proof.
 * @throws ProtocolError BAD_SIGNATURE, WRONG_RUN, DIGEST_MISMATCH, MALFORMED.
 */
export function checkReceipt(
  signed: SignedReceipt,
  expected: Pick<Receipt, "runId" | "coordinatorKey" | "clientKey" | "round" | "attempt" | "headerHash">,
  verify: Verify,
): Receipt {
  const receipt = parseReceipt(signed.record);
  expectEqual("WRONG_RUN", "runId", expected.runId, receipt.runId);
  expectEqual("WRONG_RUN", "coordinatorKey", toHex(expected.coordinatorKey), toHex(receipt.coordinatorKey));
  expectEqual("DIGEST_MISMATCH", "clientKey", toHex(expected.clientKey), toHex(receipt.clientKey));
  expectEqual("DIGEST_MISMATCH", "round", expected.round, receipt.round);
  expectEqual("DIGEST_MISMATCH", "attempt", expected.attempt, receipt.attempt);
  expectEqual("DIGEST_MISMATCH", "headerHash", expected.headerHash, receipt.headerHash);
  if (!verify(expected.coordinatorKey, signed.record, signed.signature)) {
    throw new ProtocolError("BAD_SIGNATURE", "receipt expected the coordinator's signature");
  }
  return receipt;
}

/**
 * Client: is this commit signed, of this run and plan, and the same as the message around it?
 * Whether an update is in it: `record.headerHashes.includes(headerHash)`.
 * @throws ProtocolError BAD_SIGNATURE, WRONG_RUN, PLAN_MISMATCH, DIGEST_MISMATCH, MALFORMED, TOO_LARGE.
 */
export function checkCommit(
  commit: Commit,
  expected: { readonly runId: string; readonly coordinatorKey: Uint8Array; readonly planHash: ContentHash },
  ports: { readonly verify: Verify; readonly sha256: Sha256 },
): CommitRecord {
  const record = checkCommitRecord(commit, expected, ports.verify);
  expectEqual("PLAN_MISMATCH", "planHash", expected.planHash, record.planHash);
  expectEqual("DIGEST_MISMATCH", "round", record.round, commit.round);
  expectEqual("DIGEST_MISMATCH", "attempt", record.attempt, commit.attempt);
  expectEqual("DIGEST_MISMATCH", "paramsHash", record.paramsHash, commit.paramsHash);
  expectEqual("DIGEST_MISMATCH", "metrics", record.metricsHash, metricsHash(commit.metrics, ports.sha256));
  return record;
}

/**
 * Anybody: is this commit record of this run, and signed by its coordinator?
 * @throws ProtocolError BAD_SIGNATURE, WRONG_RUN, MALFORMED, TOO_LARGE.
 */
export function checkCommitRecord(
  signed: SignedCommit,
  expected: Pick<CommitRecord, "runId" | "coordinatorKey">,
  verify: Verify,
): CommitRecord {
  const record = parseCommitRecord(signed.record);
  expectEqual("WRONG_RUN", "runId", expected.runId, record.runId);
  expectEqual("WRONG_RUN", "coordinatorKey", toHex(expected.coordinatorKey), toHex(record.coordinatorKey));
  if (!verify(expected.coordinatorKey, signed.record, signed.signature)) {
    throw new ProtocolError("BAD_SIGNATURE", "commit expected the coordinator's signature");
  }
  return record;
}

function expectEqual<T extends string | number>(code: ErrorCode, name: string, expected: T, got: T): void {
  if (expected !== got) throw new ProtocolError(code, `"${name}" expected ${expected}, got ${got}`);
}
