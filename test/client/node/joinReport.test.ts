import { describe, expect, it } from "vitest";
import type { ClientEvent } from "../../../client/core/clientEvent.ts";
import { jsonReport, textReport } from "../../../client/node/joinReport.ts";
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
  const facts = {
    url: "http://x/",
    loaded,
    publicKey,
    isNewKey: false,
    identityPath: "me.json",
    device: { charging: true },
  };
  const report = textReport(facts, out);
  return { report, lines };
}

describe("what `join` tells a person", () => {
  it("counts rounds from 1, as the coordinator and the page do", () => {
    const { report, lines } = openReport();
    report.show({ kind: "trained", round: 0, numExamples: 1, trainLoss: 0.5 });
    expect(lines.at(-1)).toBe("  round 1   trained on 1 examples, loss 0.5000\n");
  });

  it("shows what leaves the machine, and how to say what the run asks in vain, before anything is trained", () => {
    const { report, lines } = openReport();
    const local = { epochs: 1, batchSize: 10, optimizer: { kind: "adam", learningRate: 0.1 } };
    const cohort = { size: 1, overSelection: 1, quorum: 1, eligibility: { charging: true, unmetered: true } };
    const model = { name: "tiny", numParams: 10, inputShape: [2], outputSize: 2 };
    const strategy = { kind: "scaffold", population: 4 };
    const plan = { name: "mine", local, cohort, strategy, evaluation: { heldOutFraction: 0.2 }, retention: "headers" };
    const event = { kind: "run", plan, model, fingerprint: "f" };
    report.show(event as unknown as ClientEvent);
    expect(lines).toContain(
      "  each round  1 pass in batches of 10, adam 0.1; sends 20 numbers, example count, training loss, how well the model did on rows held out, signed\n",
    );
    expect(lines).toContain(
      "  your device the run is told charging yes; it asks what you did not say: --unmetered <yes|no>\n",
    );
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

it("tells a program the figures of a commit without its signed bytes, which are kept with the receipts", () => {
  const lines: string[] = [];
  const out = { write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  const facts = { kind: "metrics", round: 0, metrics: { testLoss: 1 }, headerHashes: [] } as const;
  jsonReport(out).show({ ...facts, commit: { record: new Uint8Array(9), signature: new Uint8Array(64) } });
  expect(lines.map((line) => JSON.parse(line))).toEqual([facts]);
});
