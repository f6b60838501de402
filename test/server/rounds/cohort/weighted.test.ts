import { expect, it } from "vitest";
import { countPicks, pick, population } from "./samplers.ts";

const eligible = population([10, 20, 30, 40]);
const weighted = { kind: "weighted" } as const;

it("picks in proportion to the examples", () => {
  // 10,000 draws of one: client i is binomial(10000, p = 0.1 .. 0.4), standard deviation sqrt(10000 p (1 - p)) <= 49.
  // Five deviations: a false alarm in about 2 of 10^6 seeds, and the seed is fixed.
  const counts = countPicks(10_000, "weighted", (rng) => pick(weighted, { eligible, rng }));
  for (const { id, numExamples } of eligible) {
    const share = numExamples / 100;
    const deviation = Math.sqrt(10_000 * share * (1 - share));
    expect(Math.abs((counts.get(id) ?? 0) - 10_000 * share)).toBeLessThan(5 * deviation);
  }
});

it("draws without replacement as successive draws would", () => {
  // P(c00 in a pair) = 0.1 + 0.2 · 10/80 + 0.3 · 10/70 + 0.4 · 10/60 = 0.23452; 10,000 draws, standard deviation 42.
  const counts = countPicks(10_000, "pairs", (rng) => pick(weighted, { eligible, size: 2, rng }));
  expect(Math.abs((counts.get("c00") ?? 0) - 2345.2)).toBeLessThan(5 * 42.4);
});

it("lets nobody claim more than the plan's cap on a weight", () => {
  // One client of three claims 2^32 - 1 examples; with a cap of 20 it has 20 of 40: binomial(2000, 0.5), deviation 22.4.
  const clients = population([10, 10, 2 ** 32 - 1]);
  const counts = countPicks(2000, "cap", (rng) => pick(weighted, { eligible: clients, maxWeight: 20, rng }));
  expect(Math.abs((counts.get("c02") ?? 0) - 1000)).toBeLessThan(5 * 22.4);
});
