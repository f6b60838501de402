import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import { binaryLayout, type ValuesOf } from "./binaryLayout.ts";

/**
 * What the coordinator signs once an update is durable: a promise that it is in the journal. Scope: (run, attempt,
 * header hash). The same update always gets the same receipt; whether it counted is said by the commit.
 */
const FIELDS = {
  /** Protocol version of this layout. */
  version: "u16",
  runId: "runId",
  /** The signer. */
  coordinatorKey: "key",
  /** The client whose update this is. */
  clientKey: "key",
  round: "u32",
  attempt: "u32",
  /** `updateHeaderHash` of the update. */
  headerHash: "hash",
  /** Sequence number of the journal's event that holds it. */
  journalSeq: "u53",
} as const;

const layout = binaryLayout("headwater/receipt", FIELDS);

export type Receipt = ValuesOf<typeof FIELDS>;

/** Bytes of every receipt. */
export const RECEIPT_BYTES = layout.byteLength;

/** The layout as a table, for documents and tests. */
export const RECEIPT_TABLE = layout.table;

/** The bytes to sign. @throws RangeError if a value does not fit its field. */
export function encodeReceipt(receipt: Receipt): Uint8Array<ArrayBuffer> {
  return layout.encode(receipt);
}

/** @throws ProtocolError MALFORMED. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  return layout.parse(bytes);
}

/** What the client's next header names as `previousReceiptHash`. */
export function receiptHash(record: Uint8Array, sha256: Sha256): ContentHash {
  return contentHash(sha256, record);
}
