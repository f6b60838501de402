import { ProtocolError } from "../../shared/base/errors.ts";
import { fromHex, type Sha256 } from "../../shared/base/hash.ts";
import type { Verify } from "../../shared/crypto/signer.ts";
import { checkCommitRecord } from "../../shared/protocol/checkReceipt.ts";
import { isFork } from "../../shared/protocol/commitProof.ts";
import { type CommitRecord, commitHash } from "../../shared/protocol/commitRecord.ts";
import { type KeptFork, signedCommit } from "./keptReceipt.ts";

/**
 * Does a kept fork prove that its coordinator signed two histories of the run? Gives the two commits. Whose key it is, is for
 * the reader to know.
 * @throws ProtocolError BAD_SIGNATURE, WRONG_RUN, MALFORMED, or DIGEST_MISMATCH where both may be of one history.
 */
export function checkKeptFork(
  { runId, coordinatorKey, fork }: KeptFork,
  { verify, sha256 }: { readonly verify: Verify; readonly sha256: Sha256 },
): readonly CommitRecord[] {
  const expected = { runId, coordinatorKey: fromHex(coordinatorKey) };
  const [earlier, later] = fork.map((kept) => {
    const signed = signedCommit(kept);
    return { ...checkCommitRecord(signed, expected, verify), hash: commitHash(signed.record, sha256) };
  });
  if (earlier === undefined || later === undefined || !isFork(earlier, later)) {
    throw new ProtocolError("DIGEST_MISMATCH", "a fork expected two commits that cannot be of one history");
  }
  return [earlier, later];
}
