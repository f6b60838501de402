import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { stratifiedKFold } from "../../../../shared/data/split/stratifiedKFold.ts";

/** 125 of class 1, 63 of class 0, mixed: the sizes of MUTAG. */
const labels = Int32Array.from({ length: 188 }, (_, row) => (row % 3 === 0 ? 0 : 1));

describe("stratifiedKFold", () => {
  it("holds every row out once, and trains on all the others", () => {
    const folds = stratifiedKFold(labels, 10, createRng(1));
    expect(folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual([...labels.keys()]);
    for (const { train, test } of folds) {
      expect([...train, ...test].sort((a, b) => a - b)).toEqual([...labels.keys()]);
    }
  });

  it("keeps folds within one row of each other, in all and in each class", () => {
    const folds = stratifiedKFold(labels, 10, createRng(2));
    const spread = (sizes: number[]): number => Math.max(...sizes) - Math.min(...sizes);
    expect(spread(folds.map(({ test }) => test.length))).toBe(1); // 188 = 8 · 19 + 2 · 18
    expect(spread(folds.map(({ test }) => test.filter((row) => labels[row] === 0).length))).toBe(1); // 63 = 3 · 7 + 7 · 6
  });

  it("depends on the seed alone", () => {
    const folds = stratifiedKFold(labels, 10, createRng(3));
    expect(stratifiedKFold(labels, 10, createRng(3))).toEqual(folds);
    expect(stratifiedKFold(labels, 10, createRng(4))).not.toEqual(folds);
  });

  it("refuses fewer rows than folds, and one fold", () => {
    expect(() => stratifiedKFold([0, 1], 3, createRng(1))).toThrow(RangeError);
    expect(() => stratifiedKFold(labels, 1, createRng(1))).toThrow(RangeError);
  });
});
