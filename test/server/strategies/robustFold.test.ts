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

  describe("with running statistics among the params", () => {
    const statistics = [{ offset: 1, length: 2 }];
    const wide = { ...bounds, numParams: 4, maxUpdates: 9, maxAbsDelta: 64, statistics };
    /** Folds updates [param, statistic, statistic, param] of clients "a", "b", ... */
    const foldAll = (
      plan: RobustPlan,
      rows: readonly (readonly number[])[],
      options: Partial<RobustFoldOptions> = {},
      rootDelta = Float32Array.of(0.5, 32, 32, 0),
    ) => {
      const fold = robustFold({
        rule: createRobustRule(plan, wide),
        bounds: wide,
        tiles: inlineTiles,
        kept: new Map(),
        ...options,
      });
      for (const [i, row] of rows.entries()) fold.add(contribution("abcdefghi"[i] as string, Float32Array.from(row)));
      return { delta: fold.finish({ seed: "s", rootDelta }) as Float64Array, kept: fold.kept };
    };

    it("gives an update against the root delta no weight, although its statistics are those of all", () => {
      // Over all params cos = (2 · 32² - 50 · 0.5) / (√2048.25 · √4548) = 0.66; over those that are trained it is -1.
      const { delta } = foldAll({ kind: "fltrust" }, [
        [-50, 32, 32, 0],
        [0.5, 32, 32, 0],
      ]);
      expect([...delta]).toEqual([0.5, 32, 32, 0]);
      expect([...foldAll({ kind: "fltrust" }, [[-50, 32, 32, 0]]).delta]).toEqual([0, 32, 32, 0]);
    });

    it("bounds the length of what is trained, and cuts nothing that is within", () => {
      // Over all params an honest update is √2048.25 = 45 long and would be cut to 0.5 / 45 = 0.011.
      const honest = [0.5, 32, 32, 0];
      const { delta } = foldAll({ kind: "norm-bound", bound: { norm: 1 } }, [honest, honest, honest]);
      expect([...delta]).toEqual(honest);
    });

    it("leaves Krum's choice to what is trained", () => {
      // Over all params the last is nearest to its two neighbours: 2 · (4² + 2²) against 2² + 4² + 8² for them.
      const rows = [
        [1, 0, 0, 0],
        [1, 8, 0, 0],
        [1, 16, 0, 0],
        [1, 24, 0, 0],
        [-1, 12, 0, 0],
      ];
      expect([...foldAll({ kind: "krum", byzantine: 1 }, rows).delta]).toEqual([1, 12, 0, 0]);
    });

    it("gives a root delta that moves nothing but statistics no direction", () => {
      const rows = [[0.5, 32, 32, 0]];
      expect(() => foldAll({ kind: "fltrust" }, rows, {}, Float32Array.of(0, 32, 32, 0))).toThrow("a length above 0");
    });

    it("keeps no statistics for the next round, and looks at none that were kept", () => {
      const plan = { kind: "centred-clipping", tau: 1, iterations: 1 } as const;
      const kept = new Map([["aggregate", Float64Array.of(0, 60, 60, 0)]]);
      const { delta, ...next } = foldAll(plan, [[0.5, 32, 32, 0]], { kept });
      expect([...delta]).toEqual([0.5, 32, 32, 0]);
      expect(next.kept).toEqual(new Map([["aggregate", Float64Array.of(0.5, 0, 0, 0)]]));
    });

    it.each<RobustPlan>([
      { kind: "median" },
      { kind: "trimmed-mean", byzantine: 1 },
      { kind: "multi-krum", byzantine: 1, before: [{ kind: "nnm", byzantine: 1 }] },
      { kind: "bulyan", byzantine: 1 },
      { kind: "geometric-median" },
      { kind: "centred-clipping", tau: 0.001, iterations: 1 },
      { kind: "norm-bound", bound: { quantile: 0.5, initial: 0.1, learningRate: 1 } },
      { kind: "arc", byzantine: 1 },
      { kind: "fltrust" },
      { kind: "flame", noiseMultiplier: 1 },
    ])("makes of the params under %o what it would without them, and takes the median of each of them", (plan) => {
      const rows = [1, 2, 3, 4, 5, 6, 7].map((i) => [1 + i / 8, -i / 16, 2 ** (i - 1), 1 - i / 8]);
      const { delta, kept } = foldAll(plan, rows);
      expect([...delta.subarray(1, 3)]).toEqual([-4 / 16, 8]);
      const others = rows.map(([first, , , last], i) => [first!, 9 - i, i % 2, last!]);
      const again = foldAll(plan, others, {}, Float32Array.of(0.5, -9, 0, 0));
      expect([again.delta[0], again.delta[3]]).toEqual([delta[0], delta[3]]);
      expect(again.kept).toEqual(kept);
    });
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
