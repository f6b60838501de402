import type { Clock } from "../../shared/base/clock.ts";

export interface VirtualClock extends Clock {
  /** Moves time on and runs what is due, in the order of its time. */
  advance(ms: number): void;
  readonly numScheduled: number;
}

/** A clock that stands still until a test moves it. */
export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  let count = 0;
  const due = new Map<number, { readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => nowMs,
    schedule(delayMs, callback) {
      const id = count++;
      due.set(id, { atMs: nowMs + delayMs, callback });
      return () => void due.delete(id);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = [...due].sort(([i, a], [j, b]) => a.atMs - b.atMs || i - j)[0];
        if (next === undefined || next[1].atMs > untilMs) break;
        due.delete(next[0]);
        nowMs = Math.max(nowMs, next[1].atMs);
        next[1].callback();
      }
      nowMs = untilMs;
    },
    get numScheduled() {
      return due.size;
    },
  };
}
