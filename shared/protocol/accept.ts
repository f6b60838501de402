import * as v from "valibot";
import { ticketBytes } from "./fields.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** client -> coordinator: I take this assignment. */
const acceptSchema = v.strictObject({
  /** The ticket of the offer. */
  ticket: ticketBytes,
});

export type Accept = v.InferOutput<typeof acceptSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseAccept: Parser<Accept> = parserOf("accept", acceptSchema);
