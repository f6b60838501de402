import { describe, expect, it } from "vitest";
import { createRobustRule } from "../../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../../server/strategies/robust/inlineTiles.ts";
import type { ReadStored } from "../../../server/strategies/robust/updateRows.ts";
import { type RobustFoldOptions, robustFold } from "../../../server/strategies/robustFold.ts";
import type { RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";

const bounds = { numParams: 2, maxUpdates: 3, maxWeight: 10, maxAbsDelta: 8, maxStaleness: 0 };
const open = () =>
  robustFold({
    rule: createRobustRule({ kind: "median" }, bounds),
    bounds,
    tiles: inlineTiles,
    kept: new Map(),
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
      kept: new Map([["aggregate", Float64Array.of(3, 5)]]),
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

  it.each<readonly [string, readonly string[]]>([
    ["those beyond its memory", ["c", "d"]],
    ["none without a reader", []],
  ])("takes deltas from their files: %s, and statistics with them", async (_, inFiles) => {
    const numParams = 3;
    const wide = { ...bounds, numParams, maxUpdates: 4, statistics: [{ offset: 2, length: 1 }] };
    const deltas = new Map(["a", "b", "c", "d"].map((id, i) => [id, Float32Array.of(i, -i, i / 8)] as const));
    const read = new Set<string>();
    const finish = (options: Partial<RobustFoldOptions>) => {
      const rule = createRobustRule({ kind: "flame", noiseMultiplier: 1 }, wide);
      const fold = robustFold({ rule, bounds: wide, tiles: inlineTiles, kept: new Map(), ...options });
      for (const [clientId, delta] of deltas) {
        const storedDelta = { path: clientId, offset: 0, length: numParams };
        fold.add({ ...contribution(clientId, delta.slice()), storedDelta });
      }
      return fold.finish({ seed: "s" });
    };
    const readStored: ReadStored = ({ path }, start, out) => {
      read.add(path);
      out.set((deltas.get(path) as Float32Array).subarray(start, start + out.length));
    };
    const roomForTwo = { memoryBytes: 2 * 4 * numParams };
    expect(await finish({ ...roomForTwo, ...(inFiles.length > 0 && { readStored }) })).toEqual(await finish({}));
    expect([...read]).toEqual(inFiles);
  });
});
