import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../../shared/base/clock.ts";

/** How late timers ran in the last whole window, in seconds. */
export interface LoopLag {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoopMonitor {
  readonly lag: LoopLag;
  /** Timers ran more than a second late half of the time: the process answers, but does not keep up. */
  readonly isStalled: boolean;
  close(): void;
}

const WINDOW_MS = 10_000;
const RESOLUTION_MS = 20;
const STALLED_SECONDS = 1;

/** Watches the event loop in windows of 10 s. */
export function createLoopMonitor(clock: Clock): LoopMonitor {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let lag: LoopLag = { p50: 0, p99: 0, max: 0 };
  let cancel = clock.schedule(WINDOW_MS, rotate);

  function rotate(): void {
    // The histogram holds what lies between two ticks of the sampling timer, the tick's own length included.
    const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
    if (histogram.count > 0) {
      lag = {
        p50: seconds(histogram.percentile(50)),
        p99: seconds(histogram.percentile(99)),
        max: seconds(histogram.max),
      };
    }
    histogram.reset();
    cancel = clock.schedule(WINDOW_MS, rotate);
  }

  return {
    get lag() {
      return lag;
    },
    get isStalled() {
      return lag.p50 > STALLED_SECONDS;
    },
    close() {
      cancel();
      histogram.disable();
    },
  };
}
