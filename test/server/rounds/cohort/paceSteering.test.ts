import { expect, it } from "vitest";
import { paceWindow } from "../../../../server/rounds/cohort/paceSteering.ts";
import { createRng } from "../../../../shared/base/rng.ts";

it("lets a small population stay, however long its rounds", () => {
  expect(paceWindow({ population: 1000, wanted: 10, roundMs: 600_000 })).toBeUndefined();
});

it("sends nobody away who would be back within a minute", () => {
  expect(paceWindow({ population: 2000, wanted: 1000, roundMs: 59_000 })).toBeUndefined();
  expect(paceWindow({ population: 2000, wanted: 1000, roundMs: 60_000 })).toEqual({ minMs: 60_000, maxMs: 180_000 });
});

it("sends nobody away for more than an hour", () => {
  expect(paceWindow({ population: 1e6, wanted: 10, roundMs: 60_000 })).toEqual({ minMs: 1_200_000, maxMs: 3_600_000 });
});

it("brings about a cohort's worth of clients per round, and never a crowd", () => {
  // 20,000 clients, 130 wanted, rounds of 10 s: each comes once in 154 rounds. Arrivals of a round are about Poisson(130),
  // standard deviation 11.4; six of them over 1,000 rounds: a false alarm in about 2 of 10^6 seeds, and the seed is fixed.
  const situation = { population: 20_000, wanted: 130, roundMs: 10_000 };
  const { minMs, maxMs } = paceWindow(situation) as { minMs: number; maxMs: number };
  const rng = createRng("pace");
  const arrivals = new Uint32Array(1400);
  for (let client = 0; client < situation.population; client++) {
    // The first wait is spread from nothing on, as clients are at any moment of a run that goes on.
    let atMs = rng.nextFloat() * maxMs;
    while (atMs < arrivals.length * situation.roundMs) {
      (arrivals[Math.floor(atMs / situation.roundMs)] as number)++;
      atMs += minMs + rng.nextFloat() * (maxMs - minMs);
    }
  }
  const settled = arrivals.subarray(400);
  const mean = settled.reduce((sum, count) => sum + count, 0) / settled.length;
  expect(Math.abs(mean - 130)).toBeLessThan(2);
  expect(Math.max(...settled)).toBeLessThan(130 + 6 * 11.4);
  expect(Math.min(...settled)).toBeGreaterThan(130 - 6 * 11.4);
});
