import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import { binaryLayout, type ValuesOf } from "./binaryLayout.ts";

/**
 * What a client signs: one fixed binary layout, so that there is nothing to canonicalise. The payload is bound by its
 * digest. Each field is there to stop something; PROTOCOL.md has the same table with offsets, and a test ties the two.
 */
const FIELDS = {
  /** Protocol version of this layout. */
  version: "u16",
  /** 1 = update. Other kinds of signed message get other numbers: no reuse across kinds. */
  kind: "u8",
  /** Always 0. */
  reserved: "u8",
  /** Replay in another run. */
  runId: "runId",
  /** Another set of rules: local plan, codec, bounds, protection. */
  planHash: "hash",
  /** Another architecture under the same params. */
  modelHash: "hash",
  /** Relay to another coordinator. */
  coordinatorKey: "key",
  /** Key substitution: the signer is inside what is signed. */
  clientKey: "key",
  /** Generation of the client's key: how often its identity was rotated. */
  keyEpoch: "u32",
  /** Replay in another round. */
  round: "u32",
  /** Replay in another attempt at the same round. */
  attempt: "u32",
  /** Assignment that this answers, issued to this client alone. */
  ticket: "ticket",
  /** Commits behind the params that training started from: staleness. */
  baseVersion: "u32",
  /** Duration that the offer gave, milliseconds. */
  deadlineMs: "u32",
  /** Params that training started from: stale or inconsistent models. */
  baseParamsHash: "hash",
  /** Hash of the offer's manifest: everything that was handed out. */
  offerManifestHash: "hash",
  /** Aggregation weight: min(examples trained on, plan.maxWeight), >= 1. */
  weight: "u32",
  /** l2 bound that the client clipped its delta to; 0 = none. */
  clipNorm: "f64",
  /** Standard deviation of the noise that the client added; 0 = none. */
  noiseStdDev: "f64",
  /** Hash of the manifest: names, shapes, codecs of the parts, and the metrics. */
  manifestHash: "hash",
  /** SHA-256 of the payload exactly as sent. */
  payloadHash: "hash",
  /** Bytes of the payload. */
  payloadBytes: "u32",
  /** Elements of the delta. */
  numParams: "u32",
  /** Hash of the client's last receipt in this run; zero for none. Makes a chain per client. */
  previousReceiptHash: "hashOrZero",
} as const;

const layout = binaryLayout("headwater/update", FIELDS);

export type UpdateHeader = ValuesOf<typeof FIELDS>;

/** The `kind` of an update. */
export const UPDATE_KIND = 1;

/** Bytes of every update header. */
export const UPDATE_HEADER_BYTES = layout.byteLength;

/** The layout as a table, for documents and tests. */
export const UPDATE_HEADER_TABLE = layout.table;

/** @throws RangeError if a value does not fit its field. */
export function encodeUpdateHeader(header: UpdateHeader): Uint8Array<ArrayBuffer> {
  return layout.encode(header);
}

/** Form only: what the values must be is `verifyUpdateHeader`'s. @throws ProtocolError MALFORMED. */
export function parseUpdateHeader(bytes: Uint8Array): UpdateHeader {
  return layout.parse(bytes);
}

/** Identity of an update: receipts and commits name it by this. Never by its signature. */
export function updateHeaderHash(headerBytes: Uint8Array, sha256: Sha256): ContentHash {
  return contentHash(sha256, headerBytes);
}
