import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createProgressView, summaryText } from "../../simulations/progressView.ts";
import type { RoundLine, SummaryLine } from "../../simulations/roundLine.ts";

const FACTS = {
  name: "mnist-2nn-iid",
  model: "2nn",
  numParams: 199_210,
  numShared: 199_210,
  clients: 100,
  cohort: 10,
  workers: 2,
  seed: 1,
  rounds: 100,
};

const LINE: RoundLine = {
  round: 30,
  cohort: 10,
  accepted: 10,
  testAccuracy: 0.9588,
  testLoss: 0.1393,
  trainLoss: 0.1,
  examples: 6000,
  uplinkBytes: 7_968_400,
  downlinkBytes: 7_968_400,
  seconds: 0.25,
  virtualSeconds: 3,
  paramsHash: `sha256-${"0".repeat(64)}`,
  metrics: {},
};

/** What the view writes to a stream, as a terminal of 120 columns or as a pipe. */
function written(isTTY: boolean): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  const view = createProgressView(stream as unknown as NodeJS.WriteStream);
  view.start(FACTS);
  view.round(LINE);
  view.stop();
  return String(stream.read());
}

describe("the progress of a simulation", () => {
  it("is a heading and a bar on a terminal", () => {
    const text = written(true);
    expect(text).toContain("  mnist-2nn-iid   2nn, 199,210 params   100 clients, 10 a round   2 workers   seed 1\n");
    expect(text).toContain("round 31/100  \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591"); // 31 % of 24 cells
    expect(text).toContain("95.9 %  loss 0.139   40 clients/s   ETA 1 s"); // 69 rounds of 0.25 s / 31
  });

  it("is plain lines in a pipe", () => {
    const text = written(false);
    expect(text).toContain("  round 31/100  95.9 %  loss 0.139   40 clients/s\n");
    expect(text).not.toContain("\u001b");
  });
});

describe("the summary of a simulation", () => {
  const summary: SummaryLine = {
    summary: true,
    rounds: 31,
    stopped: "target",
    testAccuracy: 0.9705,
    uplinkBytes: 247_020_400,
    downlinkBytes: 999,
    seconds: 12.34,
    clientRoundsPerSecond: 25.1,
    paramsHash: `sha256-${"0".repeat(64)}`,
  };

  it.each([
    ["target", "target reached (testAccuracy 0.97) after 31 rounds: test accuracy 97.0 %"],
    ["rounds", "target not reached (testAccuracy 0.97) after 31 rounds"],
    ["interrupted", "interrupted after 31 rounds"],
  ] as const)("says how it ended: %s", (stopped, expected) => {
    const text = summaryText({ ...summary, stopped }, { testAccuracy: 0.97 }, "results/a");
    expect(text).toContain(expected);
    expect(text).toContain("12.3 s, 25 clients/s; clients would send 247.0 MB and fetch 1.0 kB");
    expect(text).toContain("results in results/a");
  });
});
