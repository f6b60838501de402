import { expect, it } from "vitest";
import { createLoopWatch } from "../../../server/transport/loopWatch.ts";

/** A clock whose timers a test fires, as late as it likes. */
function lateClock() {
  let nowMs = 0;
  let timer: (() => void) | undefined;
  return {
    nowMs: () => nowMs,
    schedule(_: number, callback: () => void) {
      timer = callback;
      return () => {
        timer = undefined;
      };
    },
    pass(ms: number) {
      nowMs += ms;
    },
    fire() {
      const due = timer;
      timer = undefined;
      due?.();
    },
    get isTicking() {
      return timer !== undefined;
    },
  };
}

it("says how late the last tick was, and how overdue the next one is", () => {
  const clock = lateClock();
  let isNeeded = true;
  const loop = createLoopWatch(clock, () => isNeeded);
  expect(loop.lateMs()).toBe(0);
  loop.watch();
  clock.pass(100);
  clock.fire();
  expect(loop.lateMs()).toBe(0);
  clock.pass(350);
  expect(loop.lateMs()).toBe(250); // due at 100
  clock.fire();
  clock.pass(10);
  expect(loop.lateMs()).toBe(250); // until the next tick says that it is over
  clock.pass(90);
  clock.fire();
  expect(loop.lateMs()).toBe(0);

  isNeeded = false;
  clock.pass(500);
  clock.fire();
  expect(loop.lateMs()).toBe(0);
  expect(clock.isTicking).toBe(false);
});
