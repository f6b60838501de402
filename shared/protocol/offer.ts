import * as v from "valibot";
import { bytesBetween, counter, hashText, integer, ticketBytes } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/**
 * coordinator -> client: an assignment. A client answers assignments, not rounds: (ticket, base version, deadline).
 * `createOffer` makes one, `checkOffer` is what a client asks before it accepts.
 */
const offerSchema = v.strictObject({
  /** The round, from 0. */
  round: counter,
  /** The attempt at this round, from 0; each attempt has its own tickets. */
  attempt: counter,
  /** 16 random bytes, this client's alone: names the assignment in every later message. */
  ticket: ticketBytes,
  /** Content hash of the params to start from; fetched at /api/params/<hash>. */
  baseParamsHash: hashText,
  /** Number of commits behind these params, from 0. */
  baseVersion: counter,
  /** Time to answer in, from the arrival of this message, milliseconds. */
  deadlineMs: integer(1, LIMITS.maxDeadlineMs),
  /** Elements of the shared params: the length of the delta to send. */
  numParams: integer(1, LIMITS.maxNumParams),
  /** Canonical JSON of the parts handed out ("params" among them, with its hash), bound into the signed header. */
  manifest: bytesBetween(2, LIMITS.maxManifestBytes),
});

export type Offer = v.InferOutput<typeof offerSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseOffer: Parser<Offer> = parserOf("offer", offerSchema);
