import * as v from "valibot";
import { ERROR_CODES, type ErrorCode } from "../base/errors.ts";
import { isContentHash } from "../base/hash.ts";
import { plainText } from "../base/plainText.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type BinaryInput, isBinaryInput, ownBytes, viewOfBytes } from "./ownBytes.ts";

/**
 * Phases of a round, in order; `aborted` ends an attempt that missed its quorum, `finished` is a run whose last round
 * is committed: no more offers come.
 */
const PHASES = ["idle", "announced", "collecting", "sealed", "aggregated", "committed", "aborted", "finished"] as const;

/** Bytes of any binary type, as an own, aligned Uint8Array. */
const binary = v.pipe(
  v.custom<BinaryInput>(isBinaryInput, "bytes"),
  v.transform((value): Uint8Array => ownBytes(value)),
);

/** Exactly `length` bytes. */
export const bytesOf = (length: number) => v.pipe(binary, v.length(length));

/** Between `minimum` and `maximum` bytes. */
export const bytesBetween = (minimum: number, maximum: number) =>
  v.pipe(binary, v.maxLength(maximum), v.minLength(minimum));

/**
 * Between `minimum` and `maximum` bytes where the transport put them, for who copies them at once: at any alignment, and
 * perhaps within memory that is used again.
 */
export const viewBetween = (minimum: number, maximum: number) =>
  v.pipe(
    v.custom<BinaryInput>(isBinaryInput, "bytes"),
    v.transform((value): Uint8Array => viewOfBytes(value)),
    v.maxLength(maximum),
    v.minLength(minimum),
  );

/** A whole number within [minimum, maximum]. */
export const integer = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));

/** A finite number within [minimum, maximum]. */
export const finite = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.finite(), v.minValue(minimum), v.maxValue(maximum));

/** Well-formed Unicode without control characters, 1 to `maxChars` UTF-16 units. */
export const text = (maxChars: number) =>
  v.pipe(v.string(), v.maxLength(maxChars), v.minLength(1), v.regex(/^[^\p{Surrogate}\p{Cc}]*$/u));

/** `sha256-` and 64 lower-case hex digits. */
export const hashText = v.pipe(
  v.string(),
  v.check(isContentHash, "expected sha256-<64 hex digits>"),
  v.transform((hash) => hash as `sha256-${string}`),
);

/** 32 lower-case hex digits: the 16 bytes of a run id. */
export const runIdText = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

/** 64 lower-case hex digits: an Ed25519 public key in a document. */
export const keyText = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"));

/** A counter: round, attempt, version. */
export const counter = integer(0, LIMITS.maxCounter);

/** The 16 bytes that name one assignment. */
export const ticketBytes = bytesOf(SIZES.ticket);

export const phase = v.picklist(PHASES);

/** A stable code; one that this build does not know yet reads as INTERNAL, since codes may be added at any time. */
export const errorCode = v.pipe(
  v.string(),
  v.regex(/^[A-Z][A-Z_]{0,39}$/),
  v.transform((code): ErrorCode => ERROR_CODES.find((known) => known === code) ?? "INTERNAL"),
);

/** What a rejection says to a person; control characters become blanks. */
export const messageText = v.pipe(
  v.string(),
  v.maxLength(LIMITS.maxMessageChars),
  v.transform((message) => plainText(message, LIMITS.maxMessageChars)),
);

/** How long to wait before trying again, in milliseconds. */
export const retryAfterMs = integer(0, LIMITS.maxRetryAfterMs);
