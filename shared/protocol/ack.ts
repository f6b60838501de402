import * as v from "valibot";
import { type ErrorCode, ProtocolError } from "../base/errors.ts";
import { errorCode, messageText, retryAfterMs } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

export const refusalSchema = v.strictObject({
  ok: v.literal(false),
  /** What is wrong; see the table "Errors" of PROTOCOL.md. */
  code: errorCode,
  /** For people, at most 500 characters. */
  message: messageText,
  /** Wait this long (with full jitter) before trying again, milliseconds. */
  retryAfterMs: v.exactOptional(retryAfterMs),
});

/** coordinator -> client, answer to `hello`, `accept`, `decline`, `leave`. */
const ackSchema = v.variant("ok", [v.strictObject({ ok: v.literal(true) }), refusalSchema]);

export type Refusal = v.InferOutput<typeof refusalSchema>;
export type Ack = v.InferOutput<typeof ackSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseAck: Parser<Ack> = parserOf("ack", ackSchema);

/** How a fault is told to the peer that caused it. Any other error is ours: its text stays here. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ProtocolError)) return refusal("INTERNAL", "the coordinator failed; try again later");
  return refusal(error.code, error.message, error.retryAfterMs);
}

/** The error behind a refusal, for the side that received it. */
export function errorOf(refused: Refusal): ProtocolError {
  const wait = refused.retryAfterMs;
  return new ProtocolError(refused.code, refused.message, wait === undefined ? {} : { retryAfterMs: wait });
}

function refusal(code: ErrorCode, message: string, wait?: number): Refusal {
  const cut = message.slice(0, LIMITS.maxMessageChars);
  if (wait === undefined) return { ok: false, code, message: cut };
  const bounded = Math.min(Math.max(Math.ceil(wait), 0), LIMITS.maxRetryAfterMs);
  return { ok: false, code, message: cut, retryAfterMs: bounded };
}
