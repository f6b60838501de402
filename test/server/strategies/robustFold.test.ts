import { describe, expect, it } from "vitest";
import { createRobustRule } from "../../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../../server/strategies/robust/inlineTiles.ts";
import { robustFold } from "../../../server/strategies/robustFold.ts";
import type { RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";

const bounds = { numParams: 2, maxUpdates: 3, maxWeight: 10, maxAbsDelta: 8, maxStaleness: 0 };
const open = () =>
  robustFold({
    rule: createRobustRule({ kind: "median" }, bounds),
    bounds,
    tiles: inlineTiles,
    previous: undefined,
  });
const contribution = (clientId: string, delta: Float32Array, weight = 1) => ({
  clientId,
  delta,
  weight,
  staleness: 0,
  parts: new Map(),
  metrics: {},
});

describe("robustFold", () => {
  it("keeps deltas whose buffer is used again for the next one", () => {
    const fold = open();
    const buffer = new Float32Array(2);
    for (const [clientId, value] of [
      ["b", 2],
      ["c", 7],
      ["a", 1],
    ] as const) {
      fold.add(contribution(clientId, buffer.fill(value)));
    }
    expect(fold.finish({ seed: "s" })).toEqual(Float64Array.of(2, 2));
  });

  it("tallies weights that the rule does not look at", () => {
    const fold = open();
    for (const [clientId, value] of [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ] as const) {
      fold.add(contribution(clientId, Float32Array.of(value, 0), 2 * value));
    }
    expect([fold.numUpdates, fold.totalWeight]).toEqual([3, 12]);
    expect(fold.finish({ seed: "s" })).toEqual(Float64Array.of(2, 0));
  });

  it.each<RobustPlan>([
    { kind: "flame", noiseMultiplier: 1 },
    { kind: "fltrust" },
    { kind: "centred-clipping", tau: 0.001, iterations: 1 },
  ])("leaves running statistics among those of the clients under %o", async (plan) => {
    const fold = robustFold({
      rule: createRobustRule(plan, bounds),
      bounds: { ...bounds, statistics: [{ offset: 1, length: 1 }] },
      tiles: inlineTiles,
      previous: Float64Array.of(3, 5),
    });
    for (const [clientId, variance] of [
      ["a", -0.25],
      ["b", -0.5],
      ["c", -0.25],
    ] as const) {
      fold.add(contribution(clientId, Float32Array.of(1, variance)));
    }
    const delta = await fold.finish({ seed: "s", rootDelta: Float32Array.of(4, -2) });
    expect(delta[1]).toBeGreaterThanOrEqual(-0.5);
    expect(delta[1]).toBeLessThanOrEqual(-0.25);
    expect(delta[0]).not.toBeCloseTo(1, 2); // the param beside it goes where the rule takes it
  });

  it("refuses, with nothing changed, a second update of a client, one too many, and one beyond the bounds", () => {
    const fold = open();
    const delta = Float32Array.of(1, 1);
    fold.add(contribution("a", delta));
    expect(() => fold.add(contribution("a", delta))).toThrow("two of a");
    expect(() => fold.add(contribution("b", Float32Array.of(9, 0)))).toThrow("<= 8");
    expect(() => fold.add(contribution("b", Float32Array.of(Number.NaN, 0)))).toThrow(RangeError);
    expect(() => fold.add(contribution("b", delta, 11))).toThrow("weight");
    expect([fold.numUpdates, fold.totalWeight]).toEqual([1, 1]);
    fold.add(contribution("b", delta));
    fold.add(contribution("c", delta));
    expect(() => fold.add(contribution("d", delta))).toThrow("expected <= 3 updates");
  });
});
