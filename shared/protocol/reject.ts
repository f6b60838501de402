import * as v from "valibot";
import { errorCode, messageText, retryAfterMs, ticketBytes } from "./fields.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** coordinator -> client, outside of any acknowledgement: something you did, or hold, no longer counts. */
const rejectSchema = v.strictObject({
  /** What is wrong; see the table "Errors" of PROTOCOL.md. */
  code: errorCode,
  /** For people, at most 500 characters. */
  message: messageText,
  /** Wait this long (with full jitter) before trying again, milliseconds. */
  retryAfterMs: v.exactOptional(retryAfterMs),
  /** The assignment that this is about; absent when it is the connection. */
  ticket: v.exactOptional(ticketBytes),
});

export type Reject = v.InferOutput<typeof rejectSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseReject: Parser<Reject> = parserOf("reject", rejectSchema);
