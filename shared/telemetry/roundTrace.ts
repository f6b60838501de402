import { type Sha256, toHex } from "../base/hash.ts";

/** Names one attempt at a round. */
export interface AttemptName {
  readonly runId: string;
  readonly round: number;
  readonly attempt: number;
}

/** Ids of the spans that coordinator and clients must agree on. */
export interface RoundTrace {
  readonly traceId: string;
  /** The span of the whole attempt. */
  readonly roundSpanId: string;
}

/**
 * The trace of one attempt at a round: everybody who takes part derives the same ids from what the protocol says anyway,
 * so that spans of the coordinator and of its clients meet in one trace without a field for it.
 *
 *   traceId := first 16 bytes of sha256("headwater-trace/1\0" ‖ runId ‖ "\0" ‖ round ‖ "\0" ‖ attempt), roundSpanId := the next 8
 */
export function roundTrace({ runId, round, attempt }: AttemptName, sha256: Sha256): RoundTrace {
  const digest = digestOf(`trace/1\0${runId}\0${round}\0${attempt}`, sha256);
  return { traceId: toHex(digest.subarray(0, 16)), roundSpanId: toHex(digest.subarray(16, 24)) };
}

/** The span of one client's assignment, from its offer to its receipt; `ticket` is 32 hex digits. */
export function assignmentSpanId(ticket: string, sha256: Sha256): string {
  return toHex(digestOf(`assignment/1\0${ticket}`, sha256).subarray(0, 8));
}

function digestOf(text: string, sha256: Sha256): Uint8Array {
  return sha256(new TextEncoder().encode(`headwater-${text}`));
}
