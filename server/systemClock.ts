import type { Clock } from "../shared/base/clock.ts";

/** Real time: monotonic, so that deadlines do not move when somebody sets the wall clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
