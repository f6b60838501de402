import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";
import { toBase64 } from "../store/base64.ts";
import type { AttemptRef } from "./roundState.ts";
import type { CoordinatorPorts, Run } from "./run.ts";
import { signReceipt } from "./signReceipt.ts";
import type { VerifiedUpdate } from "./updateIntake.ts";

/**
 * Makes an update durable exactly as it was signed, as one of the attempt `at`: first its payload, then the event that
 * names it. The receipt exists only after both.
 */
export async function journalUpdate(
  run: Run,
  { store, signer }: CoordinatorPorts,
  at: AttemptRef,
  { upload, payload }: VerifiedUpdate,
): Promise<SignedReceipt> {
  const { assignment, submit, verified } = upload;
  const { clientId, offer } = assignment;
  const { headerHash } = verified;
  const payloadHash = await store.putBlob(payload, verified.header.payloadHash); // checked with the payload
  const { seq } = await store.append({
    kind: "update-accepted",
    ...at,
    clientId,
    headerHash,
    header: toBase64(submit.header),
    signature: toBase64(submit.signature),
    manifest: toBase64(submit.manifest),
    payloadHash,
    weight: verified.header.weight,
  });
  const { round, attempt } = offer; // what the client answered, which may be an earlier attempt than the one it counts in
  return signReceipt(run, signer, { round, attempt, clientId, headerHash, journalSeq: seq });
}
