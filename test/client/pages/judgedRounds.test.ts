import { describe, expect, it } from "vitest";
import { judgedRounds, targetOf } from "../../../client/pages/lib/judgedRounds.ts";
import type { RoundSummary } from "../../../shared/protocol/runStatus.ts";

const round = (some: Partial<RoundSummary>): RoundSummary => ({
  round: 0,
  cohort: 4,
  accepted: 4,
  examples: 400,
  uplinkBytes: 0,
  downlinkBytes: 0,
  seconds: 1,
  paramsHash: `sha256-${"0".repeat(64)}`,
  ...some,
});
const byClients = { clientTestAccuracy: 0.8, clientTestLoss: 0.7 };

describe("the figures of the page's curve", () => {
  it("are the coordinator's where it has a test set, whatever clients measure", () => {
    const rounds = [round({ metrics: byClients }), round({ round: 1, testAccuracy: 0.9, metrics: byClients })];
    expect(judgedRounds(rounds)).toEqual({ by: "coordinator", rounds });
  });

  it("are the clients' where there is no test set", () => {
    const { by, rounds } = judgedRounds([round({}), round({ round: 1, metrics: byClients })]);
    expect(by).toBe("clients");
    expect(rounds.map(({ testAccuracy, testLoss }) => [testAccuracy, testLoss])).toEqual([
      [undefined, undefined],
      [0.8, 0.7],
    ]);
  });

  it("are nobody's where nobody measures", () => {
    expect(judgedRounds([round({ trainLoss: 0.5 })]).by).toBe("nobody");
    expect(judgedRounds([]).by).toBe("nobody");
  });
});

describe("the target of the page's curve", () => {
  const aimingAt = (metric: string, target?: number) => ({
    objective: { metric, goal: "max" as const, ...(target !== undefined && { target }) },
  });

  it("lies on the curve of the figure that decides, where that is drawn", () => {
    expect(targetOf(aimingAt("testAccuracy", 0.9), "coordinator")).toEqual({ curve: "accuracy", value: 0.9 });
    expect(targetOf(aimingAt("clientTestLoss", 0.2), "clients")).toEqual({ curve: "loss", value: 0.2 });
  });

  it("is none where another figure decides, or none does", () => {
    expect(targetOf(aimingAt("clientTestAccuracy", 0.9), "coordinator")).toBeUndefined();
    expect(targetOf(aimingAt("testMacroF1", 0.9), "coordinator")).toBeUndefined();
    expect(targetOf(aimingAt("testAccuracy"), "coordinator")).toBeUndefined();
    expect(targetOf({}, "nobody")).toBeUndefined();
  });
});
