import type { Clock } from "../../../shared/base/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that moves only when a test says so, or when nothing else is left to do. */
export function virtualClock(): Clock & { readonly waits: readonly number[]; advance(): boolean } {
  const timers = new Set<Timer>();
  const waits: number[] = [];
  let nowMs = 0;
  let order = 0;
  return {
    /** Every delay that was asked for, in order. */
    waits,
    nowMs: () => nowMs,
    schedule(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, order: order++, callback };
      timers.add(timer);
      waits.push(delayMs);
      return () => timers.delete(timer);
    },
    /** Jumps to the next timer and runs it; false if there is none. */
    advance() {
      const next = [...timers].sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) return false;
      timers.delete(next);
      nowMs = next.atMs;
      next.callback();
      return true;
    },
  };
}

/** Lets everything that waits for no timer happen: a turn of the event loop a few times over. */
export async function drain(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
