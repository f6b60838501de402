import { describe, expect, it } from "vitest";
import { inlineTiles } from "../../../../server/strategies/robust/inlineTiles.ts";
import { nearMedianMeanOf } from "../../../../server/strategies/robust/kernels/orderStatistics.ts";
import { adaptiveRobustClipping, boundNorms } from "../../../../server/strategies/robust/preSteps/boundNorms.ts";
import { nearestNeighbourMixing } from "../../../../server/strategies/robust/preSteps/nearestNeighbourMixing.ts";
import type { PreStep } from "../../../../server/strategies/robust/preSteps/preStep.ts";
import { runProgram } from "../../../../server/strategies/robust/program.ts";
import { identityMix, type RowMix, selectRows } from "../../../../server/strategies/robust/rowMix.ts";
import { krum, multiKrum } from "../../../../server/strategies/robust/rules/krum.ts";
import { aggregateRows, applyRule, rowsOf } from "../../../support/aggregateRows.ts";
import { expectClose } from "../../../support/expectClose.ts";
import { slowKrumScores } from "../../../support/slowRobustRules.ts";

/** The rows that a pre-step makes. */
function rowsAfter(step: PreStep, rows: readonly number[][]): number[][] {
  const updates = rowsOf(rows);
  const view = { updates, mix: identityMix(rows.length) };
  const mix = runProgram(step(view, { kept: new Map(), keep: () => {}, seed: "seed" }), inlineTiles) as RowMix;
  return rows.map((_, i) =>
    Array.from(inlineTiles.run({ kind: "combination", updates, mix: selectRows(mix, [i]) }).values),
  );
}

// Inputs are f32: decimals such as 0.1 are off by up to 2^-26 each before a rule sees them.
const F32 = { tolerance: 1e-6 };

describe("ByzFL's vectors, f = 1 (tests/unit_test_*.py)", () => {
  const X = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];

  it.each([
    { kind: "median" },
    { kind: "trimmed-mean", byzantine: 1 },
    { kind: "norm-bound", bound: { norm: 1000 } },
    { kind: "centred-clipping", tau: 1000, iterations: 1 },
  ] as const)("gives the middle row: %o", (plan) => {
    expectClose(aggregateRows(plan, X), [4, 5, 6], { tolerance: 1e-12 });
  });

  it("puts the geometric median on the middle row, where it is (3.78788764 after 3 steps is no median)", () => {
    expectClose(aggregateRows({ kind: "geometric-median" }, X), [4, 5, 6], { tolerance: 1e-9 });
  });

  it("gives Krum's first row, all three being as good, and the mean of two for Multi-Krum", () => {
    expect(applyRule(krum(1), X)).toEqual([1, 2, 3]);
    expect(applyRule(multiKrum(1), X)).toEqual([2.5, 3.5, 4.5]);
  });

  it("mixes each row with its nearest neighbour", () => {
    expect(rowsAfter(nearestNeighbourMixing(1), X)).toEqual([
      [2.5, 3.5, 4.5],
      [2.5, 3.5, 4.5],
      [5.5, 6.5, 7.5],
    ]);
  });

  it("clips to length 2", () => {
    expectClose(rowsAfter(boundNorms({ norm: 2 }, "bound"), X)[0]!, [0.53452248, 1.06904497, 1.60356745], {
      tolerance: 1e-8,
    });
  });

  it("clips the longest row to the second longest in ARC", () => {
    const rows = rowsAfter(adaptiveRobustClipping(1), X);
    expect(rows.slice(0, 2)).toEqual(X.slice(0, 2));
    expectClose(rows[2]!, [4.41004009, 5.04004582, 5.67005155], { tolerance: 1e-8 });
  });
});

describe("Flower's vectors (serverapp/strategy/*_test.py)", () => {
  it("Krum with f = 1 of .2, .7, 1 is .7", () => {
    expectClose(applyRule(krum(1), [[0.2], [0.7], [1]]), [0.7], F32);
  });

  it("Multi-Krum with m = 2 of .2, .5, 1 is .35", () => {
    expectClose(applyRule(multiKrum(1, 2), [[0.2], [0.5], [1]]), [0.35], F32);
  });

  it("the mean of .5, 1, 2, 100 trimmed by one is 1.5, their median too", () => {
    const rows = [[0.5], [1], [2], [100]];
    expect(aggregateRows({ kind: "trimmed-mean", byzantine: 1 }, rows)).toEqual([1.5]);
    expect(aggregateRows({ kind: "median" }, rows)).toEqual([1.5]);
  });

  it("the mean of the two of 1, 2, .5 nearest to their median is .75", () => {
    const scratch = { sorted: new Float64Array(3), distances: new Float64Array(3) };
    expect(nearMedianMeanOf(Float64Array.of(1, 2, 0.5), 2, scratch)).toBe(0.75);
  });
});

describe("nine rows of which two are hostile", () => {
  const X9 = [
    [1, 0, 0],
    [1.2, 0.1, -0.1],
    [0.9, -0.2, 0.1],
    [1.1, 0.05, 0.2],
    [0.8, 0.1, 0],
    [1.05, -0.1, -0.2],
    [0.95, 0.15, 0.05],
    [10, -10, 5],
    [-8, 9, -7],
  ];

  it("mean (under a bound that none exceeds), median, trimmed mean", () => {
    expectClose(aggregateRows({ kind: "norm-bound", bound: { norm: 100 } }, X9), [1, -0.1, -0.216666667], F32);
    expectClose(aggregateRows({ kind: "median" }, X9), [1, 0.05, 0], F32);
    expectClose(aggregateRows({ kind: "trimmed-mean", byzantine: 2 }, X9), [1, 0.03, 0.01], F32);
  });

  it("Krum's scores and choices", () => {
    const scores = [0.2425, 0.4925, 0.5325, 0.455, 0.4625, 0.525, 0.325, 1022.725, 1047.19];
    expectClose(slowKrumScores(X9, 2), scores, { tolerance: 1e-9 });
    expectClose(aggregateRows({ kind: "krum", byzantine: 2 }, X9), X9[0]!, F32);
    const seven = aggregateRows({ kind: "multi-krum", byzantine: 2, selected: 7 }, X9);
    expectClose(seven, [1, 0.014285714, 0.007142857], F32);
    expect(aggregateRows({ kind: "multi-krum", byzantine: 2 }, X9)).toEqual(seven); // 9 - 2
  });

  it("the geometric median is the first row", () => {
    expectClose(aggregateRows({ kind: "geometric-median", iterations: 200 }, X9), [1, 0, 0], { tolerance: 1e-5 });
  });

  it("centred clipping after one and five iterations from zero", () => {
    const one = aggregateRows({ kind: "centred-clipping", tau: 1, iterations: 1 }, X9);
    expectClose(one, [0.74404247, 0.007087076, -0.012176635], F32);
    const five = aggregateRows({ kind: "centred-clipping", tau: 1, iterations: 5 }, X9);
    expectClose(five, [1.000437326, 0.003355168, -0.011796223], F32);
    // Four more iterations from what one left are the same five.
    const kept = new Map([["aggregate", Float64Array.from(one)]]);
    expectClose(aggregateRows({ kind: "centred-clipping", tau: 1, iterations: 4 }, X9, { kept }), five, {
      tolerance: 1e-15,
    });
  });

  it("rows 0, 7 and 8 after nearest-neighbour mixing", () => {
    const rows = rowsAfter(nearestNeighbourMixing(2), X9);
    expectClose(rows[0]!, [1, 0.014286, 0.007143], { tolerance: 1e-6 });
    expectClose(rows[7]!, [2.314286, -1.428571, 0.721429], { tolerance: 1e-6 });
    expectClose(rows[8]!, [-0.3, 1.292857, -1.021429], { tolerance: 1e-6 });
  });
});
