import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RocAuc, type RocAucOptions, rocAuc } from "../../../../shared/nn/metrics/rocAuc.ts";

const SEED = 22;

function aucOf(options: RocAucOptions, logits: readonly number[], labels: readonly number[]): RocAuc {
  const metric = rocAuc(options);
  const batch = { numRows: labels.length, outputs: Float32Array.from(logits), targets: Int32Array.from(labels) };
  return metric.finish(metric.update(metric.init(), batch));
}

/** The slow twin: every pair. */
function allPairs(scores: readonly number[], isPositive: readonly boolean[]): number {
  let won = 0;
  let pairs = 0;
  for (const [i, high] of scores.entries()) {
    for (const [j, low] of scores.entries()) {
      if (!isPositive[i] || isPositive[j]) continue;
      pairs++;
      won += high > low ? 1 : high === low ? 0.5 : 0;
    }
  }
  return won / pairs;
}

describe(`rocAuc, seed ${SEED}`, () => {
  it("counts the pairs in which the positive scores higher, ties half", () => {
    // Positives 3, 1, 0; negatives 2, 0: of 6 pairs 3>2, 3>0, 1>0 are won, 0=0 is a tie, 1<2 and 0<2 are lost.
    expect(aucOf({}, [3, 1, 0, 2, 0], [1, 1, 1, 0, 0])).toEqual({ auc: 3.5 / 6, maxError: 0.5 / 6 });
    expect(aucOf({}, [3, 2, -1], [1, 1, 0])).toEqual({ auc: 1, maxError: 0 });
    expect(aucOf({}, [-3, -2, 1], [1, 1, 0])).toEqual({ auc: 0, maxError: 0 });
    expect(aucOf({}, [1, 1, 1], [1, 1, 0])).toEqual({ auc: 1 / 2, maxError: 1 / 2 });
  });

  it("takes two logits as their difference", () => {
    expect(aucOf({}, [0, 3, -1, 0, 5, 5, 1, 3, 7, 7], [1, 1, 1, 0, 0])).toEqual({ auc: 3.5 / 6, maxError: 0.5 / 6 });
  });

  it("tells the order of logits that softmax could not tell apart", () => {
    // Probabilities of class 1 are 1 in f64 for all: 1 + e^-45 is 1. As a tie it would be 1/2.
    expect(aucOf({}, [60, 50, 45], [1, 0, 0]).auc).toBe(1);
    // Three classes, class 0 that far ahead: its own AUC is 1; class 1 has the middle row by its log-odds, 1/2; class 2
    // the highest, 1.
    expect(aucOf({ numClasses: 3 }, [60, 0, 0, 50, 0, 0, 45, 0, 0], [0, 1, 2]).auc).toBe(2.5 / 3);
  });

  it("has bins that are narrow near log-odds 0 and wide far out", () => {
    // Of 4 bins the edges are where 1 / (1 + |s|) is 1/2: at -1, 0 and 1. One row in each: 3 of 4 pairs are won.
    expect(aucOf({ numBins: 4 }, [-1.5, -0.5, 0.5, 1.5], [0, 1, 0, 1])).toEqual({ auc: 3 / 4, maxError: 0 });
    expect(aucOf({ numBins: 4 }, [0.25, 0.75], [0, 1])).toEqual({ auc: 1 / 2, maxError: 1 / 2 });
    // Of 1024: 2 / 1024 wide at 0; 2 · 31² / 1024 = 1.9 at 30.
    expect(aucOf({}, [0.001, 0.003], [0, 1])).toEqual({ auc: 1, maxError: 0 });
    expect(aucOf({}, [30, 34], [0, 1])).toEqual({ auc: 1, maxError: 0 });
  });

  it("lies within maxError of all pairs, for any scores and any number of bins", () => {
    const scored = fc.tuple(fc.float({ min: -100, max: 100, noNaN: true }), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(scored, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(2, 16, 1024, 65536),
        (rows, numBins) => {
          const all = [[-0.25, false] as const, [0.25, true] as const, ...rows];
          const scores = all.map(([score]) => score);
          const exact = allPairs(
            scores,
            all.map(([, positive]) => positive),
          );
          const { auc, maxError } = aucOf(
            { numBins },
            scores,
            all.map(([, positive]) => Number(positive)),
          );
          expect(maxError).toBeLessThanOrEqual(1 / 2);
          expect(Math.abs(auc - exact)).toBeLessThanOrEqual(maxError + 1e-15); // and the rounding of a quotient
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("means one class against the rest over the classes", () => {
    // Log-odds fall with distance from the favoured class. Class 0: rows 0 and 1 are its; class 1: row 2; class 2: row 3.
    const logits = [
      [4, 0, 0],
      [0, 1, 0],
      [0, 3, 0],
      [0, 0, 2],
    ];
    // Class 0 log-odds: 4 - ln 2, -ln(1 + e), -ln(1 + e³), -ln(1 + e²): positives rank 1 and 2 of 4: AUC 1.
    // Class 1: -ln(1 + e⁴), 1 - ln 2, 3 - ln 2, -ln(1 + e²): its row is the highest: 1.
    // Class 2: its row is the highest: 1.
    expect(aucOf({ numClasses: 3 }, logits.flat(), [0, 0, 1, 2])).toEqual({ auc: 1, maxError: 0 });
    // With the last two labels exchanged: class 0 still 1. Class 1 has row 3, third of 4: below rows 1 and 2, above row 0:
    // 1/3. Class 2 has row 2: log-odds -ln(1 + e³); others -ln(1 + e⁴), -ln(1 + e), 2 - ln 2: above row 0 only: 1/3.
    expect(aucOf({ numClasses: 3 }, logits.flat(), [0, 0, 2, 1]).auc).toBeCloseTo(5 / 9, 15);
  });

  it("is undefined without rows of both kinds", () => {
    expect(() => aucOf({}, [1, 2], [1, 1])).toThrow('"rocAuc" expected rows of class 1 and of others, got 2 and 0');
    expect(() => aucOf({ numClasses: 3 }, [1, 2, 3, 1, 2, 3], [0, 1])).toThrow(
      "rows of class 2 and of others, got 0 and 2",
    );
  });

  it("refuses options out of range", () => {
    expect(() => rocAuc({ numClasses: 1 })).toThrow(RangeError);
    expect(() => rocAuc({ numBins: 1 })).toThrow('"numBins" expected a value in [2, 65536], got 1');
  });
});
