import * as v from "valibot";
import { messageText, retryAfterMs } from "./fields.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** Told to come back after more than this, a client may as well disconnect until then. */
export const WORTH_LEAVING_MS = 60_000;

/** coordinator -> client: you will not be asked for a while. Nothing is wrong, and nothing that you hold is touched. */
const paceSchema = v.strictObject({
  /** The device breaks a rule of the plan; the client took part a short while ago; there are more than enough clients. */
  reason: v.picklist(["not-eligible", "resting", "not-needed"]),
  /** For people, at most 500 characters. */
  message: messageText,
  /** When it is worth being here, from the arrival of this message, milliseconds. */
  retryAfterMs,
});

export type Pace = v.InferOutput<typeof paceSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parsePace: Parser<Pace> = parserOf("pace", paceSchema);
