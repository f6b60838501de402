import { describe, expect, it } from "vitest";
import { changedPlan } from "../../../server/runs/changedPlan.ts";
import { defineRunPlan } from "../../../shared/protocol/runPlan.ts";

const plan = defineRunPlan({
  runId: "0a".repeat(16),
  name: "source",
  modelHash: `sha256-${"0".repeat(64)}`,
  rounds: 5,
  strategy: { kind: "fedavgm", momentum: 0.9, client: { kind: "fedprox", mu: 0.5 } },
});

describe("the plan of a fork", () => {
  it("is the other's, member by member, but for what is to differ", () => {
    const changes = { strategy: { momentum: 0.5 }, cohort: { size: 8 } };
    expect(changedPlan(plan, changes)).toMatchObject({
      strategy: { kind: "fedavgm", momentum: 0.5, client: { kind: "fedprox", mu: 0.5 } },
      cohort: { size: 8, quorum: 5 },
    });
  });

  it("has nothing of an object whose kind is another", () => {
    expect(changedPlan(plan, { strategy: { kind: "fednova" } }).strategy).toEqual({ kind: "fednova" });
    expect(changedPlan(plan, { aggregation: { kind: "median" } }).aggregation).toEqual({ kind: "median" });
  });

  it("leaves out what is null", () => {
    const { strategy, ...rest } = changedPlan(plan, { rounds: null, strategy: { client: null } });
    expect(rest).not.toHaveProperty("rounds");
    expect(strategy).toEqual({ kind: "fedavgm", momentum: 0.9 });
  });

  it("does not carry what names the other run", () => {
    expect(Object.keys(changedPlan(plan, {}))).not.toEqual(expect.arrayContaining(["runId"]));
    expect(changedPlan(plan, {})).not.toHaveProperty("modelHash");
  });
});
