import { describe, expect, it } from "vitest";
import { contribution } from "../../support/contribution.ts";
import { afterRound, strategyOf } from "../../support/strategyPlan.ts";

describe("fedBuff", () => {
  it("weighs each update by 1 / sqrt(1 + staleness) and divides by their number", async () => {
    const strategy = strategyOf({ kind: "fedbuff", learningRate: 0.5, concurrency: 8 }, 1);
    const { params } = await afterRound(strategy, strategy.init(Float32Array.of(1)), [
      contribution({ clientId: "a", weight: 100, delta: Float32Array.of(4), staleness: 0 }),
      contribution({ clientId: "b", weight: 1, delta: Float32Array.of(8), staleness: 3 }),
    ]);
    expect(params[0]).toBe(3); // 1 + 0.5 · (4 + 8 / 2) / 2
  });

  it("refuses an update older than the plan allows", () => {
    const strategy = strategyOf({ kind: "fedbuff", concurrency: 8 }, 1, { maxStaleness: 2 });
    const fold = strategy.openRound(strategy.init(Float32Array.of(1)), 0);
    expect(() => fold.add(contribution({ delta: Float32Array.of(1), staleness: 3 }))).toThrow('"staleness"');
    expect(() => fold.add(contribution({ delta: Float32Array.of(1), staleness: -1 }))).toThrow('"staleness"');
    expect(fold.numUpdates).toBe(0);
  });
});

describe("fedAsync", () => {
  const one = { cohort: { size: 1, overSelection: 1, quorum: 1 } };
  const stale = contribution({ delta: Float32Array.of(-4), base: Float32Array.of(4), staleness: 3 });

  it("mixes in the client's model, the less the older it is", async () => {
    const strategy = strategyOf({ kind: "fedasync", alpha: 0.5, concurrency: 4 }, 1, one);
    const { params } = await afterRound(strategy, strategy.init(Float32Array.of(8)), [stale]);
    expect(params[0]).toBe(6); // a = 0.5 · 4^-0.5 = 0.25: 0.75 · 8 + 0.25 · (4 - 4)
  });

  it("mixes in old models as fresh ones with exponent 0", async () => {
    const strategy = strategyOf({ kind: "fedasync", alpha: 0.5, exponent: 0, concurrency: 4 }, 1, one);
    const { params } = await afterRound(strategy, strategy.init(Float32Array.of(8)), [stale]);
    expect(params[0]).toBe(4);
  });

  it("asks for the params that a client trained from", () => {
    const strategy = strategyOf({ kind: "fedasync", alpha: 0.5, concurrency: 4 }, 1, one);
    expect(strategy.needsBase).toBe(true);
    const fold = strategy.openRound(strategy.init(Float32Array.of(8)), 0);
    expect(() => fold.add(contribution({ delta: Float32Array.of(1) }))).toThrow('"base"');
    expect(() => fold.add({ ...stale, base: Float32Array.of(Number.NaN) })).toThrow('"base"');
    expect(fold.numUpdates).toBe(0);
  });

  it("takes one update a round", () => {
    expect(() => strategyOf({ kind: "fedasync", alpha: 0.5, concurrency: 4 }, 1)).toThrow("cohort of 1");
  });
});
