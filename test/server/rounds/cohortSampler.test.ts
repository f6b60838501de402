import { expect, it } from "vitest";
import { selectionSize, uniformSampler } from "../../../server/rounds/cohortSampler.ts";
import { createRng } from "../../../shared/base/rng.ts";

const eligible = ["a", "b", "c", "d", "e"];

it("picks the same cohort for the same seed, without repetition", () => {
  const cohort = uniformSampler(eligible, 3, createRng(1));
  expect(cohort).toEqual(uniformSampler(eligible, 3, createRng(1)));
  expect(new Set(cohort).size).toBe(3);
});

it("takes everybody when the cohort is not smaller than the population", () => {
  expect(uniformSampler(eligible, 9, createRng(1))).toEqual(eligible);
});

it("picks each client equally often", () => {
  // 5,000 draws of 2 of 5: each client is binomial(5000, 0.4), standard deviation 34.6. Five deviations: a false alarm
  // in about 3 of 10^6 seeds, and the seed is fixed.
  const picks = new Map<string, number>();
  const rng = createRng("uniform");
  for (let i = 0; i < 5000; i++)
    for (const id of uniformSampler(eligible, 2, rng)) picks.set(id, (picks.get(id) ?? 0) + 1);
  for (const id of eligible) expect(Math.abs((picks.get(id) ?? 0) - 2000)).toBeLessThan(173);
});

it("selects goal x over-selection, rounded up but not by a rounding error", () => {
  expect(selectionSize(10, 1.3)).toBe(13);
  expect(selectionSize(3, 1.1)).toBe(4);
  expect(() => selectionSize(3, 0.5)).toThrow(RangeError);
});
