import * as v from "valibot";
import { bytesBetween, bytesOf, counter, hashText } from "./fields.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { metricsSchema } from "./metrics.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** coordinator -> client: a round is committed; these are the new params, and here is the signed list of who is in them. */
const commitSchema = v.strictObject({
  /** The round, from 0. */
  round: counter,
  /** The attempt that succeeded, from 0. */
  attempt: counter,
  /** Content hash of the new params. */
  paramsHash: hashText,
  /** Figures of the round: at most 16 finite values by name. */
  metrics: metricsSchema,
  /** The commit record (commitRecord.ts), exactly as signed. */
  record: bytesBetween(1, LIMITS.maxFrameBytes),
  /** Ed25519 by the coordinator over `record`. */
  signature: bytesOf(SIZES.signature),
});

export type Commit = v.InferOutput<typeof commitSchema>;

/** What of it is evidence. */
export type SignedCommit = Pick<Commit, "record" | "signature">;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseCommit: Parser<Commit> = parserOf("commit", commitSchema);
