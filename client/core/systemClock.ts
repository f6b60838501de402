import type { Clock } from "../../shared/base/clock.ts";

/** Real time: monotonic milliseconds and the platform's timers. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
