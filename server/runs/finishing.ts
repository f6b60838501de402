import type { Clock } from "../../shared/base/clock.ts";

export interface FinishingOptions {
  readonly clock: Clock;
  /** Why no round may be opened for other reasons. */
  readonly mayOpen: (() => Promise<string | undefined>) | undefined;
}

/** The last stretch of a process that was asked to stop: no round is opened, the open ones come to their end. */
export interface Finishing {
  readonly isFinishing: boolean;
  /** Asked before any round is opened; while finishing, it does not answer before the end. */
  mayOpen(): Promise<string | undefined>;
  /** Begins it; resolves once the rounds are over, or after so long. */
  finish(areRoundsOver: () => boolean, maxMs: number): Promise<void>;
  /** The runs take no more messages: whoever waits for an answer is told no. */
  end(): void;
}

/** How often it is looked whether the open rounds are over. */
const LOOK_EVERY_MS = 100;

export function createFinishing({ clock, mayOpen }: FinishingOptions): Finishing {
  let isFinishing = false;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  return {
    get isFinishing() {
      return isFinishing;
    },
    async mayOpen() {
      if (!isFinishing) return mayOpen?.();
      await ended;
      return "the coordinator is stopping";
    },
    finish(areRoundsOver, maxMs) {
      isFinishing = true;
      const untilMs = clock.nowMs() + maxMs;
      return new Promise((resolve) => {
        const look = (): void => {
          if (areRoundsOver() || clock.nowMs() >= untilMs) resolve();
          else clock.schedule(Math.min(LOOK_EVERY_MS, untilMs - clock.nowMs()), look);
        };
        look();
      });
    },
    end() {
      isFinishing = true;
      end();
    },
  };
}
