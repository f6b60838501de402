import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRobustRule } from "../../../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../../../server/strategies/robust/inlineTiles.ts";
import { updateRows } from "../../../../server/strategies/robust/updateRows.ts";
import type { RobustPlan } from "../../../../shared/protocol/aggregationPlan.ts";
import { aggregateRows } from "../../../support/aggregateRows.ts";
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
        const options = { kept: new Map(), seed: "s", tiles: inlineTiles, ...context };
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
