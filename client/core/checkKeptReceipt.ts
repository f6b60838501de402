import { ProtocolError } from "../../shared/base/errors.ts";
import { fromHex, type Sha256 } from "../../shared/base/hash.ts";
import type { Verify } from "../../shared/crypto/signer.ts";
import { checkReceipt } from "../../shared/protocol/checkReceipt.ts";
import type { Receipt } from "../../shared/protocol/receipt.ts";
import { updateHeaderHash } from "../../shared/protocol/updateHeader.ts";
import { fromBase64, type KeptReceipt } from "./keptReceipt.ts";

/**
 * Does a kept receipt prove what it says? Holds it to its own bytes: the header has the hash that it names, and the
 * coordinator's key signed exactly this run, round, attempt, client and header. Whose key it is, is for the reader to know.
 * @throws ProtocolError BAD_SIGNATURE, DIGEST_MISMATCH, WRONG_RUN or MALFORMED.
 */
export function checkKeptReceipt(
  kept: KeptReceipt,
  ports: { readonly verify: Verify; readonly sha256: Sha256 },
): Receipt {
  const { runId, round, attempt, headerHash } = kept;
  const got = updateHeaderHash(fromBase64(kept.header), ports.sha256);
  if (got !== headerHash) throw new ProtocolError("DIGEST_MISMATCH", `header expected ${headerHash}, got ${got}`);
  const signed = { record: fromBase64(kept.record), signature: fromBase64(kept.signature) };
  const [coordinatorKey, clientKey] = [fromHex(kept.coordinatorKey), fromHex(kept.clientKey)];
  return checkReceipt(signed, { runId, coordinatorKey, clientKey, round, attempt, headerHash }, ports.verify);
}
