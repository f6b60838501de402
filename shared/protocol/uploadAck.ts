import * as v from "valibot";
import { refusalSchema } from "./ack.ts";
import { bytesOf, integer } from "./fields.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";
import { RECEIPT_BYTES } from "./receipt.ts";

/** A receipt as it travels: the record (receipt.ts) exactly as signed. */
const signedReceiptSchema = v.strictObject({
  record: bytesOf(RECEIPT_BYTES),
  /** Ed25519 by the coordinator over `record`. */
  signature: bytesOf(SIZES.signature),
});

/** coordinator -> client, answer to `submit` and `chunk`: go on from `offset`, or done, or refused. */
const uploadAckSchema = v.union([
  v.strictObject({
    ok: v.literal(true),
    /** Bytes of the payload received so far; the next chunk starts here. */
    offset: integer(0, LIMITS.maxUpdateBytes),
  }),
  v.strictObject({
    ok: v.literal(true),
    /** Sent only once the update is durable. */
    receipt: signedReceiptSchema,
  }),
  refusalSchema,
]);

export type SignedReceipt = v.InferOutput<typeof signedReceiptSchema>;
export type UploadAck = v.InferOutput<typeof uploadAckSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseUploadAck: Parser<UploadAck> = parserOf("ack", uploadAckSchema);
