import { type ContentHash, fromHex } from "../../shared/base/hash.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { encodeReceipt } from "../../shared/protocol/receipt.ts";
import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import type { AttemptRef } from "./roundState.ts";
import type { Run } from "./run.ts";

export interface ReceiptFacts extends AttemptRef {
  readonly clientId: string;
  readonly headerHash: ContentHash;
  /** Of the event that holds the update: it is durable. */
  readonly journalSeq: number;
}

/** The promise that an update is in the journal. Deterministic: after a restart the same update gets the same bytes. */
export async function signReceipt(run: Run, signer: Signer, facts: ReceiptFacts): Promise<SignedReceipt> {
  const { clientId, ...rest } = facts;
  const record = encodeReceipt({
    version: PROTOCOL_VERSION,
    runId: run.plan.runId,
    coordinatorKey: signer.publicKey,
    clientKey: fromHex(clientId),
    ...rest,
  });
  return { record, signature: await signer.sign(record) };
}
