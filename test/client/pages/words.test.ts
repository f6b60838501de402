import { expect, it } from "vitest";
import { besideNumbers, phaseSentence } from "../../../client/pages/lib/words.ts";
import type { LiveStatus, RunFacts } from "../../../shared/protocol/runStatus.ts";

it("says all that leaves the device beside the numbers", () => {
  expect(besideNumbers({ numNumbers: 1, figures: [], isJudged: false, device: [] })).toBe(
    "how many rows you have, your training loss and your public key",
  );
  expect(
    besideNumbers({
      numNumbers: 1,
      figures: ["startLoss", "numSteps"],
      isJudged: true,
      device: ["charging", "downlinkKbps"],
    }),
  ).toBe(
    "how many rows you have, your training loss, the loss on your rows before training, " +
      "how many steps the training took, how well the model did on rows of yours that are held out, " +
      "whether this device is charging, how fast its network is and your public key",
  );
});

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
