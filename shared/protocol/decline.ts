import * as v from "valibot";
import { ticketBytes } from "./fields.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** client -> coordinator: I do not take this assignment, or give it back; the round need not wait for me. */
const declineSchema = v.strictObject({
  /** The ticket of the offer. */
  ticket: ticketBytes,
});

export type Decline = v.InferOutput<typeof declineSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseDecline: Parser<Decline> = parserOf("decline", declineSchema);
