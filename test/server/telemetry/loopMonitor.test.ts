import { setImmediate } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { createLoopMonitor } from "../../../server/telemetry/loopMonitor.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

it("tells how late timers ran in the last whole window", async () => {
  const clock = createVirtualClock();
  const monitor = createLoopMonitor(clock);
  onTestFinished(monitor.close);
  expect(monitor.lag).toEqual({ p50: 0, p99: 0, max: 0 });
  await setImmediate();
  for (let block = 0; block < 3; block++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // nothing else runs for 200 ms
    await setImmediate();
    await setImmediate();
  }
  clock.advance(10_000);
  expect(monitor.lag.max).toBeGreaterThan(0.1);
  expect(monitor.isStalled).toBe(false); // a second, half of the time, would be
});
