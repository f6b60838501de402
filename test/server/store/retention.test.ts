import { describe, expect, it } from "vitest";
import { createRoundSummaries, summaryOf } from "../../../server/rounds/roundSummaries.ts";
import { createRetention } from "../../../server/store/retention.ts";
import { hashOf, roundCommitted, roundOpened, runCreated } from "../../support/sampleJournal.ts";

/** Twenty rounds under an objective; the metric has its best value in the figures of round 4. */
function play(metric: string, goal: "max" | "min", further: Readonly<Record<string, number>> = {}) {
  const retention = createRetention();
  const summaries = createRoundSummaries({ metric, goal });
  const created = runCreated();
  retention.observe({ ...created, plan: { ...created.plan, objective: { metric, goal } } });
  for (let round = 0; round < 20; round++) {
    const better = goal === "max" ? 1 : -1;
    const metrics = { [metric]: round === 4 ? 5 + better : 5, ...further };
    retention.observe(roundOpened(round));
    const commit = { ...roundCommitted(round), metrics };
    retention.observe(commit);
    summaries.add(summaryOf(round, commit.paramsHash, metrics));
  }
  const kept = Array.from({ length: 21 }, (_, version) => version).filter((version) =>
    retention.needs(hashOf(`params ${version}`)),
  );
  return { kept, best: summaries.best };
}

const LAST = [13, 14, 15, 16, 17, 18, 19, 20];

describe("the best params", () => {
  it.each([
    ["testAccuracy", "max"],
    ["testLoss", "min"],
  ] as const)("by %s are those that the round made", (metric, goal) => {
    const { kept, best } = play(metric, goal);
    expect(kept).toEqual([0, 5, ...LAST]);
    expect(best).toEqual({ round: 4, paramsHash: hashOf("params 5"), value: goal === "max" ? 6 : 4 });
  });

  it.each([
    ["clientTestAccuracy", "max"],
    ["clientsAccuracy", "max"],
    ["clientTestLossWorst", "min"],
    ["trainLoss", "min"],
  ] as const)("by %s are those that its clients judged: the commit before made them", (metric, goal) => {
    const { kept, best } = play(metric, goal);
    expect(kept).toEqual([0, 4, ...LAST]);
    expect(best).toEqual({ round: 3, paramsHash: hashOf("params 4"), value: goal === "max" ? 6 : 4 });
  });

  it("of an asynchronous run lie as far back as what its clients judged", () => {
    const { kept, best } = play("clientTestAccuracy", "max", { judgedStaleness: 2 });
    expect(kept).toEqual([0, 2, ...LAST]);
    expect(best).toEqual({ round: 1, paramsHash: hashOf("params 2"), value: 6 });
  });

  it("are never the initial ones, which no round made", () => {
    const summaries = createRoundSummaries({ metric: "clientTestLoss", goal: "min" });
    for (const [round, loss] of [1, 3, 2].entries()) {
      summaries.add(summaryOf(round, hashOf(`params ${round + 1}`), { clientTestLoss: loss }));
    }
    expect(summaries.best).toEqual({ round: 1, paramsHash: hashOf("params 2"), value: 2 });
  });
});
