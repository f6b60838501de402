import { canonicalJsonBytes } from "../base/canonicalJson.ts";
import { ProtocolError } from "../base/errors.ts";
import { type ContentHash, contentHash, contentHashBytes, formatContentHash, type Sha256 } from "../base/hash.ts";
import { binaryLayout, type ValuesOf } from "./binaryLayout.ts";
import { LIMITS, SIZES } from "./limits.ts";
import type { Metrics } from "./metrics.ts";

const FIELDS = {
  /** Protocol version of this layout. */
  version: "u16",
  runId: "runId",
  /** The signer. */
  coordinatorKey: "key",
  planHash: "hash",
  modelHash: "hash",
  round: "u32",
  attempt: "u32",
  /** Number of this commit, from 1; the params it makes are base version `commitNumber`. */
  commitNumber: "u32",
  /** Params before. */
  baseParamsHash: "hash",
  /** Params after. */
  paramsHash: "hash",
  /** Hash of the previous commit's record; zero for the first. Makes a chain. */
  previousCommitHash: "hashOrZero",
  /** Hash of the canonical JSON of the commit's metrics. */
  metricsHash: "hash",
  /** Sum of the weights. */
  totalWeight: "u53",
  /** Updates listed after this field, 32 bytes each. */
  numUpdates: "u32",
} as const;

const layout = binaryLayout("headwater/commit", FIELDS);

/**
 * What the coordinator signs when a round is committed: which updates are in it, and what came of them. Every holder
 * of a receipt can see whether it counted, and prove it if it was left out.
 */
export interface CommitRecord extends Omit<ValuesOf<typeof FIELDS>, "numUpdates"> {
  /** Hashes of the headers of the updates that were aggregated, ascending, no duplicates. */
  readonly headerHashes: readonly ContentHash[];
}

/** The fixed part as a table, for documents and tests. */
export const COMMIT_RECORD_TABLE = layout.table;

/** The bytes to sign. Sorts the header hashes. @throws RangeError for a duplicate or a value that does not fit. */
export function encodeCommitRecord(record: CommitRecord): Uint8Array<ArrayBuffer> {
  const { headerHashes, ...fixed } = record;
  const sorted = [...headerHashes].sort();
  if (new Set(sorted).size !== sorted.length) throw new RangeError('"headerHashes" expected no duplicates');
  if (sorted.length > LIMITS.maxUpdatesPerCommit) {
    throw new RangeError(`"headerHashes" expected <= ${LIMITS.maxUpdatesPerCommit}, got ${sorted.length}`);
  }
  const bytes = new Uint8Array(layout.byteLength + sorted.length * SIZES.digest);
  bytes.set(layout.encode({ ...fixed, numUpdates: sorted.length }));
  for (const [i, hash] of sorted.entries()) bytes.set(contentHashBytes(hash), layout.byteLength + i * SIZES.digest);
  return bytes;
}

/** @throws ProtocolError MALFORMED unless the bytes are what `encodeCommitRecord` gives; TOO_LARGE for a longer list. */
export function parseCommitRecord(bytes: Uint8Array): CommitRecord {
  const { numUpdates, ...fixed } = layout.parse(bytes.subarray(0, layout.byteLength));
  if (numUpdates > LIMITS.maxUpdatesPerCommit) {
    throw new ProtocolError("TOO_LARGE", `"numUpdates" expected <= ${LIMITS.maxUpdatesPerCommit}, got ${numUpdates}`);
  }
  const expectedBytes = layout.byteLength + numUpdates * SIZES.digest;
  if (bytes.length !== expectedBytes) {
    throw new ProtocolError("MALFORMED", `commit record expected ${expectedBytes} bytes, got ${bytes.length}`);
  }
  const headerHashes = Array.from({ length: numUpdates }, (_, i) => {
    const start = layout.byteLength + i * SIZES.digest;
    return formatContentHash(bytes.subarray(start, start + SIZES.digest));
  });
  if (headerHashes.some((hash, i) => i > 0 && hash <= (headerHashes[i - 1] as string))) {
    throw new ProtocolError("MALFORMED", '"headerHashes" expected ascending hashes without duplicates');
  }
  return { ...fixed, headerHashes };
}

/** What the next commit names as `previousCommitHash`. */
export function commitHash(record: Uint8Array, sha256: Sha256): ContentHash {
  return contentHash(sha256, record);
}

/** What a commit's record holds of its metrics. */
export function metricsHash(metrics: Metrics, sha256: Sha256): ContentHash {
  return contentHash(sha256, canonicalJsonBytes(metrics));
}
