import type { Clock } from "../../shared/base/clock.ts";

/** How late this process is with what it has to do. */
export interface LoopWatch {
  /** Milliseconds by which the last tick came late or the next one is overdue. */
  lateMs(): number;
  /** Begins to tick, unless it does so already. */
  watch(): void;
  stop(): void;
}

const TICK_MS = 100;

/** Watches the event loop by a tick that should come ten times a second; `isNeeded` says whether to go on. */
export function createLoopWatch(clock: Clock, isNeeded: () => boolean): LoopWatch {
  let dueAtMs = 0;
  let wasLateMs = 0;
  let cancelTick: (() => void) | undefined;

  function watch(): void {
    if (cancelTick !== undefined) return;
    dueAtMs = clock.nowMs() + TICK_MS;
    cancelTick = clock.schedule(TICK_MS, () => {
      cancelTick = undefined;
      wasLateMs = clock.nowMs() - dueAtMs;
      if (isNeeded()) watch();
      else wasLateMs = 0;
    });
  }

  return {
    lateMs: () => (cancelTick === undefined ? 0 : Math.max(wasLateMs, clock.nowMs() - dueAtMs)),
    watch,
    stop() {
      cancelTick?.();
      cancelTick = undefined;
    },
  };
}
