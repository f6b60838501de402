import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { assertAggregationHolds } from "../../../../server/strategies/robust/assertAggregationHolds.ts";
import { createRobustRule } from "../../../../server/strategies/robust/createRobustRule.ts";
import { quantileOf } from "../../../../server/strategies/robust/quantileOf.ts";
import { updateRows } from "../../../../server/strategies/robust/updateRows.ts";
import { aggregationPlanSchema, type RobustPlan } from "../../../../shared/protocol/aggregationPlan.ts";
import { aggregateRows, rowsOf } from "../../../support/aggregateRows.ts";

const nnm = { kind: "nnm", byzantine: 3 } as const;

/** Plan, fewest updates, the reason when there is one fewer. */
const FEWEST: readonly (readonly [RobustPlan, number, string])[] = [
  [
    { kind: "krum", byzantine: 3 },
    9,
    "krum with byzantine 3 expected >= 9 updates (2f + 3), got 8; raise the quorum or lower byzantine",
  ],
  [{ kind: "multi-krum", byzantine: 3 }, 9, "multi-krum with byzantine 3 expected >= 9 updates (2f + 3)"],
  [{ kind: "multi-krum", byzantine: 3, selected: 8 }, 11, "expected >= 11 updates (selected + f)"],
  [{ kind: "bulyan", byzantine: 3 }, 15, "bulyan with byzantine 3 expected >= 15 updates (4f + 3)"],
  [{ kind: "trimmed-mean", byzantine: 3 }, 7, "trimmed-mean with byzantine 3 expected >= 7 updates (2f + 1)"],
  [{ kind: "arc", byzantine: 3 }, 7, "arc with byzantine 3 expected >= 7 updates (2f + 1)"],
  [{ kind: "median", before: [nnm] }, 7, "nnm with byzantine 3 expected >= 7 updates (2f + 1)"],
  [{ kind: "median" }, 3, "median expected >= 3 updates (two against one), got 2; raise the quorum"],
  [{ kind: "geometric-median" }, 3, "geometric-median expected >= 3 updates"],
  [{ kind: "flame", noiseMultiplier: 0 }, 3, "flame expected >= 3 updates"],
  [
    { kind: "norm-bound", bound: { quantile: 0.9 } },
    10,
    "norm-bound expected >= 10 updates (1 / (1 - quantile): of fewer the longest sets the bound), got 9; raise the quorum or lower the quantile",
  ],
  [{ kind: "norm-bound", bound: { quantile: 0.5 } }, 2, "norm-bound expected >= 2 updates"],
  [
    { kind: "median", before: [{ kind: "norm-bound", bound: { quantile: 0.8 } }] },
    5,
    "norm-bound expected >= 5 updates",
  ],
];

describe("createRobustRule", () => {
  it.each(FEWEST)("%o needs %i updates", (plan, fewest, reason) => {
    const rule = createRobustRule(plan, { numParams: 1 });
    expect(() => rule.assertPossible(fewest)).not.toThrow();
    expect(() => rule.assertPossible(fewest - 1)).toThrow(reason);
    expect(() => rule.assertPossible(fewest - 1)).toThrow(RangeError);
    expect(() => aggregateRows(plan, new Array(fewest - 1).fill([1]))).toThrow(reason);
    expect(aggregateRows(plan, new Array(fewest).fill([1]))).toEqual([1]);
  });

  it.each([
    [{ kind: "norm-bound", bound: { norm: 5 } }],
    [{ kind: "centred-clipping", tau: 9, iterations: 1 }],
    [{ kind: "fltrust" }],
  ] as const satisfies readonly (readonly [RobustPlan])[])("%o does with a single update", (plan) => {
    expect(aggregateRows(plan, [[2]], { rootDelta: Float32Array.of(2) })).toEqual([2]);
  });

  it("says what it needs beside the updates", () => {
    const needs = (plan: RobustPlan) => createRobustRule(plan, { numParams: 1 }).needs;
    expect(needs({ kind: "fltrust" })).toEqual({ root: true });
    expect(needs({ kind: "flame", noiseMultiplier: 0.001 })).toEqual({ seed: true });
    expect(needs({ kind: "flame", noiseMultiplier: 0 })).toEqual({});
    expect(needs({ kind: "median" })).toEqual({});
  });

  it("refuses rows of another length", () => {
    const rule = createRobustRule({ kind: "median" }, { numParams: 2 });
    const context = { kept: new Map(), seed: "s", tiles: { run: () => expect.fail("no pass expected") } };
    expect(() => rule.aggregate(rowsOf([[1], [1], [1]]), context)).toThrow('"rows" expected 2 params, got 1');
  });

  it("refuses a previous aggregate that is not finite, rather than return NaN", () => {
    const plan = { kind: "centred-clipping", tau: 1, iterations: 1 } as const;
    expect(() => aggregateRows(plan, [[1]], { kept: new Map([["aggregate", Float64Array.of(Number.NaN)]]) })).toThrow(
      RangeError,
    );
  });
});

describe("updateRows", () => {
  it("sorts by client id in the order of code units", () => {
    const deltas = ["b", "B", "a", "ä"].map((clientId, i) => ({ clientId, delta: Float32Array.of(i) }));
    const rows = updateRows(deltas);
    expect(rows.clientIds).toEqual(["B", "a", "b", "ä"]);
    expect([0, 1, 2, 3].map(rows.row)).toEqual([1, 2, 0, 3].map((value) => Float32Array.of(value)));
  });

  it("refuses no update, two of one client and two lengths", () => {
    const delta = Float32Array.of(1);
    expect(() => updateRows([])).toThrow("at least one update");
    expect(() =>
      updateRows([
        { clientId: "a", delta },
        { clientId: "a", delta },
      ]),
    ).toThrow("two of a");
    expect(() =>
      updateRows([
        { clientId: "a", delta },
        { clientId: "b", delta: new Float32Array(2) },
      ]),
    ).toThrow("delta of b expected 1 values, got 2");
  });
});

describe("assertAggregationHolds", () => {
  it.each(FEWEST)("asks of %o a quorum of %i", (plan, quorum, reason) => {
    expect(() => assertAggregationHolds(plan, { quorum, maxUpdates: 100 })).not.toThrow();
    expect(() => assertAggregationHolds(plan, { quorum: quorum - 1, maxUpdates: 100 })).toThrow(reason);
  });

  it("refuses to compare all pairs of thousands of updates, but lets other rules have them", () => {
    const counts = { quorum: 1500, maxUpdates: 2000 };
    expect(() => assertAggregationHolds({ kind: "krum", byzantine: 3 }, counts)).toThrow("krum compares all pairs");
    expect(() => assertAggregationHolds({ kind: "median", before: [nnm] }, counts)).toThrow("nnm compares all pairs");
    expect(() => assertAggregationHolds({ kind: "trimmed-mean", byzantine: 500 }, counts)).not.toThrow();
    expect(() => assertAggregationHolds("mean", counts)).not.toThrow();
  });
});

describe("a norm bound by a quantile", () => {
  const longest = Math.fround(1e30);

  it.each([
    0.1,
    0.3,
    0.5,
    2 / 3,
    0.7,
    0.75,
    0.9,
    0.99,
  ])("of %d needs as many as keep one update from setting it", (quantile) => {
    const { assertPossible } = createRobustRule({ kind: "norm-bound", bound: { quantile } }, { numParams: 1 });
    const isPossible = (count: number): boolean => {
      try {
        assertPossible(count);
        return true;
      } catch {
        return false;
      }
    };
    for (let count = 1; count <= 120; count++) {
      const norms = new Float64Array(count).fill(1).fill(longest, -1);
      expect(isPossible(count), `${count} updates`).toBe(quantileOf(norms, quantile) === 1);
    }
  });

  it("of 1 is refused, for it cuts nothing", () => {
    const plan = { kind: "norm-bound", bound: { quantile: 1 } } as const;
    const counts = { quorum: 1000, maxUpdates: 1000 };
    expect(() => assertAggregationHolds(plan, counts)).toThrow("quantile below 1");
    const running = { ...plan, bound: { quantile: 1, initial: 1, learningRate: 0.2 } };
    expect(() => assertAggregationHolds(running, { ...counts, quorum: 1 })).not.toThrow();
  });
});

describe("aggregationPlanSchema", () => {
  const accepts = (value: unknown): boolean => v.safeParse(aggregationPlanSchema, value).success;

  it("takes the mean and every rule", () => {
    for (const plan of ["mean", { kind: "fltrust" }, ...FEWEST.map(([plan]) => plan)]) expect(accepts(plan)).toBe(true);
    expect(accepts({ kind: "norm-bound", bound: { quantile: 0.5 }, before: [nnm, nnm, nnm] })).toBe(true);
    expect(accepts({ kind: "centred-clipping", tau: 1, iterations: 3 })).toBe(true);
  });

  it.each([
    "median",
    { kind: "mean" },
    { kind: "median", byzantine: 1 },
    { kind: "krum" },
    { kind: "krum", byzantine: -1 },
    { kind: "krum", byzantine: 1.5 },
    { kind: "krum", byzantine: Number.NaN },
    { kind: "multi-krum", byzantine: 1, selected: 0 },
    { kind: "norm-bound", bound: { norm: 0 } },
    { kind: "norm-bound", bound: { quantile: 1.1 } },
    { kind: "norm-bound", bound: { norm: 1, quantile: 0.5 } },
    { kind: "norm-bound" },
    { kind: "centred-clipping", tau: 0, iterations: 1 },
    { kind: "centred-clipping", tau: 1, iterations: 0 },
    { kind: "flame" },
    { kind: "flame", noiseMultiplier: -1 },
    { kind: "geometric-median", tolerance: 0 },
    { kind: "median", before: [] },
    { kind: "median", before: [nnm, nnm, nnm, nnm] },
    { kind: "median", before: [{ kind: "krum", byzantine: 1 }] },
  ])("refuses %o", (plan) => {
    expect(accepts(plan)).toBe(false);
  });
});
