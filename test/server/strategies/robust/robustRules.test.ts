import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRobustRule } from "../../../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../../../server/strategies/robust/inlineTiles.ts";
import type { TileRunner } from "../../../../server/strategies/robust/tileCall.ts";
import { updateRows } from "../../../../server/strategies/robust/updateRows.ts";
import type { RobustPlan } from "../../../../shared/protocol/aggregationPlan.ts";
import { aggregateRows, rowsOf } from "../../../support/aggregateRows.ts";
import * as slow from "../../../support/slowRobustRules.ts";

type Rows = readonly (readonly number[])[];

const ROOT = [1, 0.5, -0.25];
const F = 2;
const context = { rootDelta: Float32Array.from(ROOT) };
const aggregate = (plan: RobustPlan, rows: Rows): number[] => aggregateRows(plan, rows, context);

interface Case {
  readonly plan: RobustPlan;
  readonly twin: (rows: Rows) => number[];
  /** Moves with the updates when all of them move. */
  readonly isTranslated: boolean;
  /** Stretches with the updates when all of them are stretched. */
  readonly isScaled: boolean;
}

const NNM_PLAN = [{ kind: "nnm", byzantine: F }] as const;
const CASES: readonly Case[] = [
  { plan: { kind: "median" }, twin: slow.slowMedian, isTranslated: true, isScaled: true },
  {
    plan: { kind: "trimmed-mean", byzantine: F },
    twin: (rows) => slow.slowTrimmedMean(rows, F),
    isTranslated: true,
    isScaled: true,
  },
  {
    plan: { kind: "krum", byzantine: F },
    twin: (rows) => slow.slowMultiKrum(rows, F, 1),
    isTranslated: true,
    isScaled: true,
  },
  {
    plan: { kind: "multi-krum", byzantine: F },
    twin: (rows) => slow.slowMultiKrum(rows, F),
    isTranslated: true,
    isScaled: true,
  },
  {
    plan: { kind: "bulyan", byzantine: F },
    twin: (rows) => slow.slowBulyan(rows, F),
    isTranslated: true,
    isScaled: true,
  },
  {
    plan: { kind: "geometric-median", tolerance: 1e-15, iterations: 40 },
    twin: (rows) => slow.slowGeometricMedian(rows, 40),
    isTranslated: true,
    isScaled: true,
  },
  {
    plan: { kind: "centred-clipping", tau: 1, iterations: 3 },
    twin: (rows) => slow.slowCentredClipping(rows, 1, 3, [0, 0, 0]),
    isTranslated: false,
    isScaled: false,
  },
  {
    plan: { kind: "norm-bound", bound: { norm: 1.5 } },
    twin: (rows) => slow.slowMean(slow.slowNormBound(rows, 1.5)),
    isTranslated: false,
    isScaled: false,
  },
  {
    plan: { kind: "arc", byzantine: F },
    twin: (rows) => slow.slowMean(slow.slowArc(rows, F)),
    isTranslated: false,
    isScaled: true,
  },
  { plan: { kind: "fltrust" }, twin: (rows) => slow.slowFltrust(rows, ROOT), isTranslated: false, isScaled: false },
  { plan: { kind: "flame", noiseMultiplier: 0 }, twin: slow.slowFlame, isTranslated: false, isScaled: true },
  {
    plan: { kind: "trimmed-mean", byzantine: F, before: NNM_PLAN },
    twin: (rows) => slow.slowTrimmedMean(slow.slowNnm(rows, F), F),
    isTranslated: true,
    isScaled: true,
  },
  {
    plan: { kind: "krum", byzantine: F, before: [{ kind: "norm-bound", bound: { norm: 6 } }] },
    twin: (rows) => slow.slowMultiKrum(slow.slowNormBound(rows, 6), F, 1),
    isTranslated: false,
    isScaled: false,
  },
  {
    plan: { kind: "median", before: [{ kind: "norm-bound", bound: { norm: 1.5 } }, ...NNM_PLAN] },
    twin: (rows) => slow.slowMedian(slow.slowNnm(slow.slowNormBound(rows, 1.5), F)),
    isTranslated: false,
    isScaled: false,
  },
  {
    plan: { kind: "trimmed-mean", byzantine: F, before: [...NNM_PLAN, { kind: "arc", byzantine: F }] },
    twin: (rows) => slow.slowTrimmedMean(slow.slowArc(slow.slowNnm(rows, F), F), F),
    isTranslated: false,
    isScaled: true,
  },
  {
    plan: { kind: "arc", byzantine: F, before: NNM_PLAN },
    twin: (rows) => slow.slowMean(slow.slowArc(slow.slowNnm(rows, F), F)),
    isTranslated: false,
    isScaled: true,
  },
];

const nameOf = ({ plan }: Case): string => [...(plan.before ?? []), plan].map(({ kind }) => kind).join(", then ");

const value = fc.integer({ min: -(2 ** 19), max: 2 ** 19 }).map((drawn) => drawn / 2 ** 16);

/**
 * 11 to 15 rows of three values up to 8 in size, so coarse that moving them rounds none. Without bias towards small and
 * equal ones: of two choices that are as good rule and twin may each take another, when one has rounded differently.
 */
const rowsArbitrary = fc.noBias(fc.array(fc.tuple(value, value, value), { minLength: 11, maxLength: 15 }));

function farthestApart(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

describe.each(CASES.map((entry) => [nameOf(entry), entry] as const))("%s", (_, {
  plan,
  twin,
  isTranslated,
  isScaled,
}) => {
  it("equals its slow twin", () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        expect(farthestApart(aggregate(plan, rows), twin(rows))).toBeLessThan(1e-6);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it("gives the same bits in whatever order the updates arrive", () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.infiniteStream(fc.nat()), (rows, keys) => {
        const updates = rows.map((row, i) => ({ clientId: `client-${i}`, delta: Float32Array.from(row) }));
        const shuffled = updates.map((update) => ({ update, key: keys.next().value as number }));
        shuffled.sort((a, b) => a.key - b.key);
        const rule = createRobustRule(plan, { numParams: 3 });
        const options = { previous: undefined, seed: "s", tiles: inlineTiles, ...context };
        expect(rule.aggregate(updateRows(shuffled.map(({ update }) => update)), options)).toEqual(
          rule.aggregate(updateRows(updates), options),
        );
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  if (isTranslated)
    it("moves with updates that all move", () => {
      fc.assert(
        fc.property(rowsArbitrary, (rows) => {
          const moved = rows.map((row) => row.map((value, i) => value + [4, -8, 2][i]!));
          const expected = aggregate(plan, rows).map((value, i) => value + [4, -8, 2][i]!);
          expect(farthestApart(aggregate(plan, moved), expected)).toBeLessThan(1e-5);
        }),
        { numRuns: 30, endOnFailure: true },
      );
    });

  if (isScaled)
    it("stretches with updates that are all stretched", () => {
      fc.assert(
        fc.property(rowsArbitrary, (rows) => {
          const stretched = rows.map((row) => row.map((value) => value * 8));
          const expected = aggregate(plan, rows).map((value) => value * 8);
          expect(farthestApart(aggregate(plan, stretched), expected)).toBeLessThan(1e-5);
        }),
        { numRuns: 30, endOnFailure: true },
      );
    });

  it("stays near the honest updates when two hostile ones are 1e30 long", () => {
    const honest = Array.from({ length: 10 }, (_, i) => [1 + 0.01 * i, 0.5 - 0.01 * i, 0.02 * i]);
    for (const hostile of [
      [
        [1e30, -1e30, 1e30],
        [1e30, 1e30, -1e30],
      ],
      [
        [1e30, 1e30, 1e30],
        [1e30, 1e30, 1e30],
      ],
    ]) {
      for (const rows of [
        [...honest, ...hostile],
        [...hostile, ...honest],
      ]) {
        expect(farthestApart(aggregate(plan, rows), [1, 0.5, 0.1])).toBeLessThan(2);
      }
    }
  });

  it("throws rather than return NaN", () => {
    const honest = Array.from({ length: 11 }, (_, i) => [1, i, -i]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => aggregate(plan, [...honest, [1, bad, 0]])).toThrow(RangeError);
    }
  });
});

describe("with byzantine 0", () => {
  const none = { byzantine: 0 };
  it.each([
    { kind: "trimmed-mean", ...none },
    { kind: "multi-krum", ...none },
    { kind: "bulyan", ...none },
    { kind: "arc", ...none },
    { kind: "trimmed-mean", ...none, before: [{ kind: "nnm", ...none }] },
  ] as const satisfies readonly RobustPlan[])("%o is the mean", (plan) => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        expect(farthestApart(aggregate(plan, rows), slow.slowMean(rows))).toBeLessThan(1e-12);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });
});

describe("pre-steps", () => {
  it("see what the step before made: mixing twice is mixing the mixed", () => {
    const rows = [[0], [1], [4], [13], [40], [121]];
    const mixed = slow.slowNnm(rows, 2);
    const plan = { kind: "trimmed-mean", byzantine: 0 } as const;
    const twice = aggregate({ ...plan, before: [...NNM_PLAN, ...NNM_PLAN] }, rows);
    expect(twice[0]).toBeCloseTo(slow.slowMean(slow.slowNnm(mixed, 2))[0]!, 12);
    expect(twice[0]).not.toBeCloseTo(slow.slowMean(mixed)[0]!, 3);
  });

  it("bound by a quantile of the lengths of the round: one of them", () => {
    const rows = [[1], [2], [-4], [8], [100]];
    const bounded = (quantile: number): number => aggregate({ kind: "norm-bound", bound: { quantile } }, rows)[0]!;
    expect(bounded(0.6)).toBeCloseTo((1 + 2 - 4 + 4 + 4) / 5, 12);
    expect(bounded(0.5)).toBeCloseTo((1 + 2 - 4 + 4 + 4) / 5, 12);
    expect(bounded(0.2)).toBeCloseTo((1 + 1 - 1 + 1 + 1) / 5, 12);
    expect(bounded(1)).toBeCloseTo((1 + 2 - 4 + 8 + 100) / 5, 12);
  });
});

describe("ties", () => {
  it("go to the lower client id in Krum", () => {
    // Two mirrored groups of equal distances: rows 0..2 and 3..5 have the same scores.
    const rows = [[1], [2], [3], [-1], [-2], [-3]];
    const reversed = [...rows].reverse();
    expect(aggregate({ kind: "krum", byzantine: 1 }, rows)).toEqual([1]);
    expect(aggregate({ kind: "krum", byzantine: 1 }, reversed)).toEqual([-1]);
  });

  it("go to the lower client id among values equally near to Bulyan's median", () => {
    // f = 1 takes 5 of 7; of {-2, -1, 0, 1, 2} the nearest 3 to 0 are -1, 0, 1, so a tie is made with 3 of {-1, -1, 0, 1, 1}.
    const plan = { kind: "bulyan", byzantine: 1 } as const;
    const rows = [[-1], [-1], [0], [1], [1], [50], [-50]];
    expect(aggregate(plan, rows)).toEqual([-2 / 3]); // 0, then clients 0 and 1
    expect(aggregate(plan, [[1], [-1], [0], [-1], [1], [50], [-50]])).toEqual([0]); // 0, then clients 0 and 1
  });
});

describe("centred clipping", () => {
  it("starts at the previous aggregate", () => {
    const rows = [[0], [10], [20]];
    const plan = { kind: "centred-clipping", tau: 3, iterations: 1 } as const;
    // From 10: (-3 + 0 + 3) / 3 more; from 0: (0 + 3 + 3) / 3 more.
    expect(aggregateRows(plan, rows, { previous: Float64Array.of(10) })).toEqual([10]);
    expect(aggregateRows(plan, rows)[0]).toBeCloseTo(2, 12);
  });

  it("leaves the previous aggregate as it was", () => {
    const previous = Float64Array.of(1);
    const result = createRobustRule({ kind: "centred-clipping", tau: 1, iterations: 1 }, { numParams: 1 }).aggregate(
      updateRows([{ clientId: "a", delta: Float32Array.of(1) }]),
      { previous, seed: "s", tiles: inlineTiles },
    );
    expect(previous).toEqual(Float64Array.of(1));
    expect(result).not.toBe(previous);
  });
});

describe("the geometric median", () => {
  it("leaves a row at which the coordinate-wise median lies, and does not stay there for its being one", () => {
    // A cross of long and short arms around (0, 0), which is the coordinate-wise median and a row; three more rows pull away.
    const rows = [
      [0, 0],
      [-1, 5],
      [-1, 6],
      [6, -1],
      [7, -1],
      [8, 0],
      [0, 8],
      [-9, -1],
      [-1, -9],
    ];
    const result = aggregate({ kind: "geometric-median", iterations: 1000 }, rows);
    const sumOfDistances = (x: number, y: number): number =>
      rows.reduce((sum, [a, b]) => sum + Math.hypot(x - a!, y - b!), 0);
    const best = sumOfDistances(result[0]!, result[1]!);
    for (const [dx, dy] of [
      [1e-3, 0],
      [-1e-3, 0],
      [0, 1e-3],
      [0, -1e-3],
    ] as const) {
      expect(sumOfDistances(result[0]! + dx, result[1]! + dy)).toBeGreaterThanOrEqual(best);
    }
  });

  it("is the row that all are", () => {
    expect(
      aggregate({ kind: "geometric-median" }, [
        [2, 1],
        [2, 1],
        [2, 1],
      ]),
    ).toEqual([2, 1]);
  });

  it("stops at the first step within the tolerance, or after its iterations", () => {
    const rows = rowsOf([
      [0, 0],
      [10, 0],
      [2, 10],
      [11, 9],
      [-6, 5],
    ]); // a pentagon: the median lies within
    const passesOf = (plan: RobustPlan): number => {
      let passes = 0;
      const tiles: TileRunner = {
        run(call) {
          passes += 1;
          return inlineTiles.run(call);
        },
      };
      createRobustRule(plan, { numParams: 2 }).aggregate(rows, { previous: undefined, seed: "s", tiles });
      return passes;
    };
    const [loose, tight] = [1e-2, 1e-6].map((tolerance) => passesOf({ kind: "geometric-median", tolerance }));
    expect(loose).toBeGreaterThan(3); // the start, its distances, steps
    expect(tight).toBeGreaterThan(loose!);
    expect(tight).toBeLessThan(102);
    expect(passesOf({ kind: "geometric-median", tolerance: 1e-15, iterations: 5 })).toBe(7);
  });
});

describe("FLTrust", () => {
  it("does not move when no update points along the root delta", () => {
    const rootDelta = Float32Array.of(1, 0);
    expect(
      aggregateRows(
        { kind: "fltrust" },
        [
          [-1, 0],
          [0, 2],
          [0, 0],
        ],
        { rootDelta },
      ),
    ).toEqual([0, 0]);
  });

  it("gives an update the root delta's length", () => {
    // cos = 0.6 for the first, 0 for the second: 5 · (3, 4) / 5, weighed by 0.6 of 0.6.
    const rootDelta = Float32Array.of(5, 0);
    const [x, y] = aggregateRows(
      { kind: "fltrust" },
      [
        [300, 400],
        [0, -1],
      ],
      { rootDelta },
    );
    expect(x).toBeCloseTo(3, 12);
    expect(y).toBeCloseTo(4, 12);
  });

  it("refuses a root delta that is missing, of another length or zero", () => {
    const rows = [
      [1, 0],
      [0, 1],
    ];
    const plan = { kind: "fltrust" } as const;
    expect(() => aggregateRows(plan, rows)).toThrow('fltrust expected "rootDelta"');
    expect(() => aggregateRows(plan, rows, { rootDelta: Float32Array.of(1) })).toThrow(
      '"rootDelta" expected 2 params, got 1',
    );
    expect(() => aggregateRows(plan, rows, { rootDelta: Float32Array.of(0, 0) })).toThrow("expected a length above 0");
  });
});

describe("FLAME", () => {
  const honest = Array.from({ length: 6 }, (_, i) => [1 + 0.1 * i, 1]);

  it("leaves out a minority that points elsewhere, and updates of zeros", () => {
    const expected = aggregate(
      { kind: "flame", noiseMultiplier: 0 },
      honest.map((row) => row),
    );
    const hostile = [
      [-1, 1.2],
      [-1, 1.3],
      [0, 0],
    ];
    const rows = aggregate({ kind: "flame", noiseMultiplier: 0 }, [...honest, ...hostile]);
    expect(Math.atan2(rows[1]!, rows[0]!)).toBeCloseTo(Math.atan2(expected[1]!, expected[0]!), 1);
    expect(rows[0]).toBeGreaterThan(0.8);
  });

  it("adds noise of its multiplier times the median length, the same for the same seed", () => {
    const numParams = 20_000; // two spans
    const rows = Array.from({ length: 3 }, () => new Float32Array(numParams).fill(0.01));
    const noisy = (seed: string): number[] => aggregateRows({ kind: "flame", noiseMultiplier: 0.5 }, rows, { seed });
    const noise = noisy("a").map((value) => value - Math.fround(0.01));
    expect(noisy("a")).toEqual(noisy("a"));
    expect(noisy("b")).not.toEqual(noisy("a"));
    const stdDev = 0.5 * Math.fround(0.01) * Math.sqrt(numParams);
    const measured = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / numParams);
    // 20,000 draws from a fixed seed; the relative deviation of a sample's stdDev is 1 / √40,000 = 0.5 %.
    expect(Math.abs(measured / stdDev - 1)).toBeLessThan(0.02);
    // The spans draw from streams of their own.
    expect(noise.slice(16_384, 16_394)).not.toEqual(noise.slice(0, 10));
  });
});
