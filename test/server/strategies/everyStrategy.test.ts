import { expect, it } from "vitest";
import type { StrategyPlan } from "../../../server/strategies/createStrategy.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import { strategyPlanSchema } from "../../../shared/protocol/strategyPlan.ts";
import { strategyContract } from "../../contract/strategy.ts";
import { strategyPlan } from "../../support/strategyPlan.ts";

const plans: readonly StrategyPlan[] = [
  strategyPlan({ kind: "fedavg" }),
  strategyPlan({ kind: "fedavgm", momentum: 0.9 }),
  strategyPlan({ kind: "fedadagrad", learningRate: 0.1 }),
  strategyPlan({ kind: "fedadam", learningRate: 0.1 }),
  strategyPlan({ kind: "fedyogi", learningRate: 0.1 }),
  strategyPlan(
    { kind: "fedsgd" },
    { local: { epochs: 1, batchSize: LIMITS.maxBatchSize, optimizer: { kind: "sgd", learningRate: 0.1 } } },
  ),
  strategyPlan({ kind: "scaffold", population: 100, learningRate: 0.5 }),
  strategyPlan({ kind: "fednova" }),
  strategyPlan({ kind: "feddyn", alpha: 0.3, population: 100 }),
  strategyPlan({ kind: "qfedavg", q: 2 }),
  strategyPlan({ kind: "afl", learningRate: 0.01, population: 20 }),
  strategyPlan({ kind: "ifca", clusters: 3 }),
  strategyPlan({ kind: "fedbuff", learningRate: 0.7, concurrency: 10 }),
  strategyPlan({ kind: "fedasync", alpha: 0.6, concurrency: 10 }, { cohort: { size: 1, overSelection: 1, quorum: 1 } }),
  strategyPlan({ kind: "hierarchical", edges: 3, edgeRounds: 2 }),
];

it("covers every strategy that a plan may name", () => {
  const kinds = strategyPlanSchema.options.map(({ entries }) => entries.kind.literal);
  expect(plans.map(({ strategy }) => strategy.kind).sort()).toEqual([...kinds].sort());
});

for (const plan of plans) strategyContract(plan.strategy.kind, plan);

strategyContract("fedavgm over centred clipping", {
  ...strategyPlan({ kind: "fedavgm", momentum: 0.5 }),
  aggregation: { kind: "centred-clipping", tau: 1, iterations: 2 },
});

const statistics = [
  { offset: 0, length: 2 },
  { offset: 4, length: 1 },
];
for (const strategy of [
  { kind: "fedbuff", concurrency: 10 },
  { kind: "qfedavg", q: 2 },
] as const) {
  strategyContract(`${strategy.kind} with running statistics`, strategyPlan(strategy), { statistics });
}
