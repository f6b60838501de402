import { expect, it } from "vitest";
import { phaseSentence } from "../../../client/pages/lib/words.ts";
import type { LiveStatus, RunFacts } from "../../../shared/protocol/runStatus.ts";

it("says why a run is paused, where the coordinator tells", () => {
  const sentence = (pauseReason?: string): string =>
    phaseSentence({ phase: "idle", isPaused: true, pauseReason } as LiveStatus, {} as RunFacts);
  expect(sentence("night")).toMatch(/^Paused \(night\): no round opens/);
  expect(sentence()).toMatch(/^Paused: no round opens/);
});
