import { expect, it } from "vitest";
import { phaseSentence } from "../../../client/pages/lib/words.ts";
import type { LiveStatus, RunFacts } from "../../../shared/protocol/runStatus.ts";

it("says why a run was stopped, where the coordinator tells", () => {
  const sentence = (endReason?: string): string =>
    phaseSentence(
      { phase: "stopped", isPaused: false, endReason, members: [] } as unknown as LiveStatus,
      {} as RunFacts,
    );
  expect(sentence("labels were wrong")).toMatch(/^The run was stopped for good \(labels were wrong\);/);
  expect(sentence()).toMatch(/^The run was stopped for good;/);
});

it("says why a run is paused, where the coordinator tells", () => {
  const sentence = (pauseReason?: string): string =>
    phaseSentence({ phase: "idle", isPaused: true, pauseReason } as LiveStatus, {} as RunFacts);
  expect(sentence("night")).toMatch(/^Paused \(night\): no round opens/);
  expect(sentence()).toMatch(/^Paused: no round opens/);
});
