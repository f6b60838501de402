import { assertFinite } from "../../shared/base/assert.ts";
import type { Clock } from "../../shared/base/clock.ts";

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** Tokens that may be taken at once. */
  readonly burst: number;
  /** Tokens that come back. */
  readonly ratePerSecond: number;
}

/** Rate limit: `burst` at once, `ratePerSecond` in the long run. */
export interface TokenBucket {
  /** Takes tokens if they are there. Returns 0, or the milliseconds after which they will be. */
  take(tokens?: number): number;
  /** Full again: nothing needs to be remembered about it. */
  isFull(): boolean;
}

/** @throws RangeError unless burst and rate are positive. */
export function createTokenBucket({ clock, burst, ratePerSecond }: TokenBucketOptions): TokenBucket {
  assertFinite("burst", burst, 1);
  assertFinite("ratePerSecond", ratePerSecond, 1e-6);
  let tokens = burst;
  let filledAtMs = clock.nowMs();

  function refill(): void {
    const nowMs = clock.nowMs();
    tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1000) * ratePerSecond);
    filledAtMs = nowMs;
  }

  return {
    take(wanted = 1) {
      refill();
      if (tokens >= wanted) {
        tokens -= wanted;
        return 0;
      }
      return Math.ceil(((wanted - tokens) / ratePerSecond) * 1000);
    },
    isFull() {
      refill();
      return tokens >= burst;
    },
  };
}
