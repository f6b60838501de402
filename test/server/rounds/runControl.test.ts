import { pino } from "pino";
import { expect, it } from "vitest";
import { createRunControl } from "../../../server/rounds/runControl.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { roundOpened, startRun } from "../../support/sampleJournal.ts";

it("bars rounds while a stop is under way, though somebody resumes the run meanwhile", async () => {
  const store = createMemoryStore();
  await startRun(store);
  await store.append(roundOpened(0));
  const quiet = { logger: pino({ level: "silent" }), onChange() {}, onFault() {} };
  const control = createRunControl({ store, ...quiet, held: "night", stopped: undefined });
  let finish = (): void => {};
  const stopping = control.barring(
    () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  );
  await control.release();
  expect([control.paused, control.isBarred]).toEqual([undefined, true]);
  finish();
  await stopping;
  expect(control.isBarred).toBe(false);
});
