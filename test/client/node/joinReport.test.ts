import { describe, expect, it } from "vitest";
import { textReport } from "../../../client/node/joinReport.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";

/** A report, and the lines that it has written. */
function openReport() {
  const lines: string[] = [];
  const out = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  const data: Dataset = {
    inputs: new Uint8Array(2),
    inputShape: [2],
    targets: new Int32Array(1),
    targetSize: 1,
    numExamples: 1,
  };
  const loaded = { data, description: "mine.csv", notes: [] };
  const publicKey = new Uint8Array(32);
  const report = textReport({ url: "http://x/", loaded, publicKey, isNewKey: false, identityPath: "me.json" }, out);
  return { report, lines };
}

describe("what `join` tells a person", () => {
  it("counts rounds from 1, as the coordinator and the page do", () => {
    const { report, lines } = openReport();
    report.show({ kind: "trained", round: 0, numExamples: 1, trainLoss: 0.5 });
    expect(lines.at(-1)).toBe("  round 1   trained on 1 examples, loss 0.5000\n");
  });

  it.each([
    [true, 600_000, "  not this device; back in 10 min\n"],
    [true, 90_000, "  not this device; back in 90 s\n"],
    [false, 5000, "  not this device\n"],
  ])("says why it is not asked, and when it comes back if it leaves (%s, %i ms)", (leaves, retryAfterMs, line) => {
    const { report, lines } = openReport();
    report.show({ kind: "paced", leaves, pace: { reason: "not-eligible", message: "not this device", retryAfterMs } });
    expect(lines.at(-1)).toBe(line);
  });
});
