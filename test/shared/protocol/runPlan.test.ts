import { describe, expect, it } from "vitest";
import { defineRunPlan, type RunPlanOptions } from "../../../shared/protocol/runPlan.ts";
import type { StrategyPlan } from "../../../shared/protocol/strategyPlan.ts";

type Cohort = Partial<RunPlanOptions["cohort"] & object>;

const define = (options: Partial<RunPlanOptions>) =>
  defineRunPlan({ runId: "0".repeat(32), name: "x", modelHash: `sha256-${"0".repeat(64)}`, ...options });

describe("a plan whose strategy and cohort do not go together", () => {
  it.each<[string, StrategyPlan, Cohort, Cohort, string]>([
    [
      "fewer clients in AFL than one round asks",
      { kind: "afl", learningRate: 0.1, population: 4 },
      { size: 5 },
      { size: 4 },
      '"strategy.population" expected at least "cohort.size"',
    ],
    [
      "fewer clients in SCAFFOLD than one round asks",
      { kind: "scaffold", population: 4 },
      { size: 5 },
      { size: 4 },
      '"strategy.population" expected at least "cohort.size"',
    ],
    [
      "over-selection in FedBuff",
      { kind: "fedbuff", concurrency: 8 },
      { size: 4, overSelection: 1.5 },
      { size: 4 },
      '"cohort.overSelection" expected 1',
    ],
    [
      "over-selection in FedAsync",
      { kind: "fedasync", alpha: 0.5, concurrency: 8 },
      { size: 1, overSelection: 1.5 },
      { size: 1 },
      '"cohort.overSelection" expected 1',
    ],
  ])("is refused for %s", (_, strategy, wrong, right, message) => {
    expect(() => define({ strategy, cohort: wrong })).toThrow(message);
    expect(define({ strategy, cohort: right }).strategy).toEqual(strategy);
  });
});
