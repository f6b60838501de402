import { describe, expect, it } from "vitest";
import { methodWords } from "../../../client/pages/lib/method.ts";
import { aggregationPlanSchema } from "../../../shared/protocol/aggregationPlan.ts";
import { strategyPlanSchema } from "../../../shared/protocol/strategyPlan.ts";

const kindsOf = (options: readonly { entries: { kind: { literal: string } } }[]) =>
  options.map(({ entries }) => entries.kind.literal);

describe("what the page says of a run's method", () => {
  it("has words for every strategy of a plan", () => {
    for (const strategy of kindsOf(strategyPlanSchema.options)) {
      expect(methodWords({ strategy, aggregation: "mean" })).not.toBe(strategy);
    }
  });

  it("has words for every aggregation of a plan", () => {
    for (const kind of kindsOf(aggregationPlanSchema.options[1].options)) {
      if (kind.includes("-")) expect(methodWords({ strategy: "fedavg", aggregation: kind })).not.toContain(kind);
    }
  });

  it("names the steps before a robust rule in their order", () => {
    expect(methodWords({ strategy: "fedavg", aggregation: "norm-bound, nnm, trimmed-mean" })).toBe(
      "federated averaging, robust by norm bound, then nearest-neighbour mixing, then trimmed mean",
    );
  });
});
