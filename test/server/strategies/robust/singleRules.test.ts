import { describe, expect, it } from "vitest";
import { createRobustRule, type RobustAggregate } from "../../../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../../../server/strategies/robust/inlineTiles.ts";
import type { Kept } from "../../../../server/strategies/robust/rules/rule.ts";
import type { TileRunner } from "../../../../server/strategies/robust/tileCall.ts";
import { updateRows } from "../../../../server/strategies/robust/updateRows.ts";
import type { RobustPlan } from "../../../../shared/protocol/aggregationPlan.ts";
import { aggregateRows as aggregate, rowsOf } from "../../../support/aggregateRows.ts";
import * as slow from "../../../support/slowRobustRules.ts";

const NNM = { kind: "nnm", byzantine: 2 } as const;

describe("pre-steps", () => {
  it("see what the step before made: mixing twice is mixing the mixed", () => {
    const rows = [[0], [1], [4], [13], [40], [121]];
    const mixed = slow.slowNnm(rows, 2);
    const plan = { kind: "trimmed-mean", byzantine: 0 } as const;
    const twice = aggregate({ ...plan, before: [NNM, NNM] }, rows);
    expect(twice[0]).toBeCloseTo(slow.slowMean(slow.slowNnm(mixed, 2))[0]!, 12);
    expect(twice[0]).not.toBeCloseTo(slow.slowMean(mixed)[0]!, 3);
  });

  it("bound by a quantile of the lengths of the round: one of them", () => {
    const rows = [[1], [2], [-4], [8], [100]];
    const bounded = (quantile: number): number => aggregate({ kind: "norm-bound", bound: { quantile } }, rows)[0]!;
    expect(bounded(0.6)).toBeCloseTo((1 + 2 - 4 + 4 + 4) / 5, 12);
    expect(bounded(0.5)).toBeCloseTo((1 + 2 - 4 + 4 + 4) / 5, 12);
    expect(bounded(0.2)).toBeCloseTo((1 + 1 - 1 + 1 + 1) / 5, 12);
    expect(bounded(0.8)).toBeCloseTo((1 + 2 - 4 + 8 + 8) / 5, 12);
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
    expect(aggregate(plan, rows, { kept: new Map([["aggregate", Float64Array.of(10)]]) })).toEqual([10]);
    expect(aggregate(plan, rows)[0]).toBeCloseTo(2, 12);
  });

  it("keeps its aggregate for the next round and leaves the last one as it was", () => {
    const last = Float64Array.of(1);
    const rule = createRobustRule({ kind: "centred-clipping", tau: 1, iterations: 1 }, { numParams: 1 });
    const rows = updateRows([{ clientId: "a", delta: Float32Array.of(1.5) }]);
    const context = { kept: new Map([["aggregate", last]]), seed: "s", tiles: inlineTiles };
    const { delta, kept } = rule.aggregate(rows, context) as RobustAggregate;
    expect(kept).toEqual(new Map([["aggregate", Float64Array.of(1.5)]]));
    expect(kept.get("aggregate")).not.toBe(delta); // which its taker may write to
    expect(last).toEqual(Float64Array.of(1));
  });
});

describe("a running norm bound", () => {
  const bound = { quantile: 0.5, initial: 2, learningRate: 1 } as const;
  const rows = rowsOf([[1], [3], [4], [8]]);
  const run = (plan: RobustPlan, kept: Kept) =>
    createRobustRule(plan, { numParams: 1 }).aggregate(rows, {
      kept,
      seed: "s",
      tiles: inlineTiles,
    }) as RobustAggregate;

  it("clips to what it was, and grows where fewer updates than its quantile are within it", () => {
    const first = run({ kind: "norm-bound", bound }, new Map());
    expect(first.delta).toEqual(Float64Array.of((1 + 2 + 2 + 2) / 4));
    const next = first.kept.get("ruleBound")![0]!;
    expect(next).toBeCloseTo(2 * Math.exp(0.5 - 0.25), 12); // one of four is within 2
    const second = run({ kind: "norm-bound", bound }, first.kept);
    expect(second.delta[0]).toBeCloseTo((1 + 3 * next) / 4, 12);
  });

  it("settles where the quantile is, and shrinks from above it", () => {
    let kept: Kept = new Map([["ruleBound", Float64Array.of(100)]]);
    for (let round = 0; round < 50; round++) kept = run({ kind: "norm-bound", bound }, kept).kept;
    const [settled] = kept.get("ruleBound")!;
    expect(settled).toBeGreaterThanOrEqual(3);
    expect(settled).toBeLessThan(4);
  });

  it("is each step's own", () => {
    const before = [
      { kind: "norm-bound", bound },
      { kind: "norm-bound", bound: { ...bound, initial: 0.5 } },
    ] as const;
    expect([...run({ kind: "median", before }, new Map()).kept.keys()]).toEqual(["before0Bound", "before1Bound"]);
  });

  it("stays within a thousandth and a thousandfold of where it began, whatever updates are for however long", () => {
    const zeros = rowsOf([[0], [0], [0]]);
    const rule = createRobustRule({ kind: "norm-bound", bound: { ...bound, learningRate: 10 } }, { numParams: 1 });
    for (const [updates, end] of [
      [zeros, 0.002],
      [rowsOf([[1e30], [1e30]]), 2000],
    ] as const) {
      let kept: Kept = new Map();
      for (let round = 0; round < 20; round++) {
        ({ kept } = rule.aggregate(updates, { kept, seed: "s", tiles: inlineTiles }) as RobustAggregate);
      }
      expect(kept.get("ruleBound")).toEqual(Float64Array.of(end));
    }
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
      createRobustRule(plan, { numParams: 2 }).aggregate(rows, { kept: new Map(), seed: "s", tiles });
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
      aggregate(
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
    const [x, y] = aggregate(
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
    expect(() => aggregate(plan, rows)).toThrow('fltrust expected "rootDelta"');
    expect(() => aggregate(plan, rows, { rootDelta: Float32Array.of(1) })).toThrow(
      '"rootDelta" expected 2 params, got 1',
    );
    expect(() => aggregate(plan, rows, { rootDelta: Float32Array.of(0, 0) })).toThrow("expected a length above 0");
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
    const noisy = (seed: string): number[] => aggregate({ kind: "flame", noiseMultiplier: 0.5 }, rows, { seed });
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
