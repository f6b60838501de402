import { ProtocolError } from "../../shared/base/errors.ts";
import type { Sha256 } from "../../shared/base/hash.ts";
import type { Verify } from "../../shared/crypto/signer.ts";
import { checkCommitRecord } from "../../shared/protocol/checkReceipt.ts";
import { proofOf } from "../../shared/protocol/commitProof.ts";
import { parseUpdateHeader } from "../../shared/protocol/updateHeader.ts";
import { checkKeptReceipt } from "./checkKeptReceipt.ts";
import { fromBase64, type KeptReceipt, signedCommit } from "./keptReceipt.ts";

/**
 * Did the update of a kept receipt count, by the commits kept with it? Undefined where there are none. False proves that it was
 * left out, if they are as many as its plan lets an update count in: `maxStaleness` + 1, and so one where rounds are
 * synchronous. Checks the receipt too. Whose key signed all this, is for the reader to know.
 * @throws ProtocolError BAD_SIGNATURE, DIGEST_MISMATCH, WRONG_RUN, PLAN_MISMATCH or MALFORMED.
 */
export function checkKeptCommits(
  kept: KeptReceipt,
  ports: { readonly verify: Verify; readonly sha256: Sha256 },
): boolean | undefined {
  const receipt = checkKeptReceipt(kept, ports);
  if (kept.commits === undefined) return undefined;
  const { planHash } = parseUpdateHeader(fromBase64(kept.header));
  const commits = kept.commits.map((commit) => {
    const record = checkCommitRecord(signedCommit(commit), receipt, ports.verify);
    if (record.planHash === planHash) return record;
    throw new ProtocolError("PLAN_MISMATCH", `commit expected plan ${planHash}, got ${record.planHash}`);
  });
  const proof = proofOf(receipt, commits, Math.max(0, commits.length - 1));
  if (proof !== undefined) return proof.isCounted;
  throw new ProtocolError("DIGEST_MISMATCH", `commits expected those that ${kept.headerHash} may count in, got others`);
}
