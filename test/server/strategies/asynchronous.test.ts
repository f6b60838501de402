import { describe, expect, it } from "vitest";
import { createStrategy } from "../../../server/strategies/createStrategy.ts";
import { contribution } from "../../support/contribution.ts";
import { afterRound, strategyOf, strategyPlan } from "../../support/strategyPlan.ts";

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

  describe("with a variance among the params", () => {
    const create = () =>
      createStrategy(strategyPlan({ kind: "fedbuff", learningRate: 3, concurrency: 8 }), 2, {
        statistics: [{ offset: 1, length: 1 }],
      });
    /** Of a client that began at `base` and measured `variance` there. */
    const measured = (clientId: string, variance: number, base: Float32Array, staleness: number) =>
      contribution({ clientId, staleness, base, delta: Float32Array.of(1, variance - base[1]!) });

    it("mixes in the levels that stale clients measured, not their way from an older level", async () => {
      const strategy = create();
      const begin = Float32Array.of(0, 1);
      const first = await afterRound(strategy, strategy.init(begin), [
        measured("a", 0.125, begin, 0),
        measured("b", 0.125, begin, 0),
      ]);
      expect([...first.params]).toEqual([3, 0.125]);
      const alike = await afterRound(strategy, first, [measured("c", 0.125, begin, 1), measured("d", 0.125, begin, 1)]);
      // Their deltas alone give 0.125 - 0.875 / sqrt(2) = -0.49.
      expect(alike.params[1]).toBeCloseTo(0.125, 12);
      expect(alike.params[0]).toBeCloseTo(3 + 3 / Math.SQRT2, 6);
      const mixed = await afterRound(strategy, first, [
        measured("c", 0.5, begin, 1),
        measured("d", 0.25, begin, 3),
        measured("e", 0.25, first.params, 0),
      ]);
      const steps = (0.5 - 0.125) / Math.SQRT2 + (0.25 - 0.125) / 2 + (0.25 - 0.125);
      expect(mixed.params[1]).toBeCloseTo(0.125 + steps / 3, 7);
    });

    it("settles where its clients measure the same, all of them four commits behind", async () => {
      const strategy = create();
      const states = [strategy.init(Float32Array.of(0, 1))];
      for (let round = 0; round < 60; round++) {
        const { params: base } = states[Math.max(0, round - 4)]!;
        const updates = ["a", "b"].map((clientId) => measured(clientId, 0.125, base, Math.min(round, 4)));
        states.push(await afterRound(strategy, states.at(-1)!, updates, round));
      }
      const variances = states.map(({ params }) => params[1]!);
      expect(Math.min(...variances)).toBeGreaterThanOrEqual(0.125 - 1e-6);
      expect(Math.max(...variances)).toBe(1);
      expect(variances.at(-1)).toBeCloseTo(0.125, 6);
    });

    it("asks for the params that a client trained from, and without any for none", () => {
      expect(create().needsBase).toBe(true);
      const fold = create().openRound(create().init(Float32Array.of(0, 1)), 0);
      expect(() => fold.add(contribution({ delta: Float32Array.of(1, 0) }))).toThrow('"base"');
      expect(strategyOf({ kind: "fedbuff", concurrency: 8 }, 2).needsBase).toBeUndefined();
    });
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
