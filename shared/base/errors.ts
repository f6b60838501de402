/**
 * Stable codes of every fault that one peer can report to another. They travel on the wire: add freely, never rename
 * or reuse one. PROTOCOL.md says what each means and what the peer should do.
 */
export const ERROR_CODES = [
  "VERSION_UNSUPPORTED",
  "MALFORMED",
  "TOO_LARGE",
  "RATE_LIMITED",
  "UNAUTHENTICATED",
  "BAD_KEY",
  "BAD_SIGNATURE",
  "WRONG_RUN",
  "PLAN_MISMATCH",
  "MODEL_MISMATCH",
  "BASE_MISMATCH",
  "UNKNOWN_TICKET",
  "UNKNOWN_PARAMS",
  "ROUND_CLOSED",
  "EQUIVOCATION",
  "DIGEST_MISMATCH",
  "CODEC_UNSUPPORTED",
  "SHAPE_MISMATCH",
  "NOT_FINITE",
  "BOUND_EXCEEDED",
  "WEIGHT_OUT_OF_RANGE",
  "UPLOAD_OUT_OF_ORDER",
  "NOT_FOUND",
  "NOT_ENROLLED",
  "INVITATION_UNKNOWN",
  "INVITATION_USED",
  "INVITATION_EXPIRED",
  "KEY_REVOKED",
  "UNAVAILABLE",
  "INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ProtocolErrorOptions extends ErrorOptions {
  /** How long the peer should wait before it tries again, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A fault of the remote peer. Caught once, at the connection, and answered with a rejection; never stops a server. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}
