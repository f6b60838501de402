import type { ContentHash, Sha256 } from "../../shared/base/hash.ts";
import { toHex } from "../../shared/base/hash.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { createUpdate, type SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { ClientWork } from "./clientWork.ts";
import { type KeptReceipt, type ReceiptStore, toBase64 } from "./keptReceipt.ts";

/** What client and coordinator agreed on at the welcome. */
export interface Agreement {
  readonly plan: RunPlan;
  readonly planHash: ContentHash;
  readonly modelHash: ContentHash;
  readonly coordinatorKey: Uint8Array;
  /** Generation of this client's key. */
  readonly keyEpoch: number;
}

/**
 * Encodes and signs what was trained. Deterministic, and chained to the last receipt kept: a client that crashed and
 * trained again under the same ticket signs the same header, and is no equivocator.
 * @throws RangeError if the delta does not fit the offer.
 */
export async function sealUpdate(
  { offer, local }: ClientWork,
  { plan, planHash, coordinatorKey, keyEpoch }: Agreement,
  ports: { readonly signer: Signer; readonly sha256: Sha256; readonly receipts: ReceiptStore },
): Promise<SignedUpdate> {
  if (local === undefined) throw new TypeError("sealUpdate expected a trained update");
  const { signer, sha256, receipts } = ports;
  const { delta, parts, metrics, numExamples } = local;
  const previous = await receipts.last(plan.runId, toHex(signer.publicKey));
  return createUpdate(
    {
      plan,
      planHash,
      coordinatorKey,
      keyEpoch,
      offer,
      delta,
      numExamples,
      parts,
      metrics,
      ...(previous === undefined ? {} : { previousReceiptHash: previous.receiptHash }),
    },
    signer,
    sha256,
  );
}

/** The receipt of finished work in the form in which it is kept. @throws TypeError if there is none yet. */
export function receiptToKeep(work: ClientWork, agreement: Agreement, signer: Signer): KeptReceipt {
  const { offer, local, update, receipt } = work;
  if (local === undefined || update === undefined || receipt === undefined) {
    throw new TypeError("receiptToKeep expected work with a receipt");
  }
  return {
    runId: agreement.plan.runId,
    round: offer.round,
    attempt: offer.attempt,
    clientKey: toHex(signer.publicKey),
    coordinatorKey: toHex(agreement.coordinatorKey),
    headerHash: update.headerHash,
    receiptHash: receipt.hash,
    journalSeq: receipt.journalSeq,
    numExamples: local.numExamples,
    trainLoss: local.trainLoss,
    header: toBase64(update.submit.header),
    record: toBase64(receipt.signed.record),
    signature: toBase64(receipt.signed.signature),
  };
}
