import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffWait, drawWaitMs, LONGEST_RETRY_AFTER_MS, LONGEST_WAIT_MS } from "../../../client/core/backoff.ts";

describe("backoffWait", () => {
  it("doubles a full-jitter ceiling from 0.5 s to 30 s", () => {
    expect([1, 2, 3, 7, 8, 1000].map((failures) => backoffWait(failures))).toEqual(
      [500, 1000, 2000, 30_000, 30_000, 30_000].map((maxMs) => ({ minMs: 0, maxMs })),
    );
  });

  it("never draws less than the coordinator asked for, nor more than 30 s on top of it", () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, retryAfterMs, random) => {
          const asked = Math.min(Math.max(retryAfterMs, 0), LONGEST_RETRY_AFTER_MS);
          const waitMs = drawWaitMs(backoffWait(failures, retryAfterMs), random);
          expect(waitMs).toBeGreaterThanOrEqual(asked);
          expect(waitMs).toBeLessThanOrEqual(asked + LONGEST_WAIT_MS);
        },
      ),
      { seed: 20260723 },
    );
  });
});
