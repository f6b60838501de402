import { LIMITS } from "../../shared/protocol/limits.ts";

/** Bounds of a wait, in milliseconds; the performer draws uniformly between them. */
export interface Wait {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Ceiling of the first wait; it doubles with each failure. */
const FIRST_CEILING_MS = 500;
/** No wait chosen by the client is longer than this, unless it is told so. */
export const LONGEST_WAIT_MS = 30_000;
/** A coordinator may ask for a longer wait, but not put a client off for ever. */
export const LONGEST_RETRY_AFTER_MS = LIMITS.maxRetryAfterMs;

/**
 * Full-jitter exponential backoff after `failures` >= 1 failures in a row: uniform over
 * [0, min(longest, 0.5 s · 2^(failures-1))].
 * When the coordinator asked to wait `retryAfterMs`, the jitter comes on top of that, so that the crowd it sent away
 * does not come back in one instant. Source: Brooker 2015, "Exponential Backoff And Jitter" (AWS Architecture Blog).
 */
export function backoffWait(failures: number, retryAfterMs = 0, longestMs = LONGEST_WAIT_MS): Wait {
  const doublings = Math.min(Math.max(failures, 1) - 1, 16);
  const ceiling = Math.min(longestMs, FIRST_CEILING_MS * (1 << doublings));
  const asked = Math.min(Math.max(retryAfterMs, 0), LONGEST_RETRY_AFTER_MS);
  return { minMs: asked, maxMs: asked + ceiling };
}

/** A wait within the bounds, in milliseconds, from one draw of `random` in [0, 1). */
export function drawWaitMs(wait: Wait, random: number): number {
  return wait.minMs + random * (wait.maxMs - wait.minMs);
}
