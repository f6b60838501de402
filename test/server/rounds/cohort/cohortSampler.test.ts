import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCohortSampler } from "../../../../server/rounds/cohort/cohortSampler.ts";
import { createParticipationHistory } from "../../../../server/rounds/cohort/participationHistory.ts";
import { selectionSize } from "../../../../server/rounds/cohort/selectionSize.ts";
import { createRng } from "../../../../shared/base/rng.ts";
import { countPicks, historyOf, pick, population, SAMPLERS } from "./samplers.ts";

describe.each(SAMPLERS)("the $kind sampler", (sampler) => {
  it("picks distinct eligible clients, in their order and no more than wanted, whatever happened before", () => {
    const client = fc.record({
      numExamples: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      loss: fc.option(fc.double({ noNaN: true }), { nil: undefined }),
      wasAsked: fc.boolean(),
      durationMs: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(client, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 45 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer(),
        (clients, size, round, seed) => {
          const eligible = population(clients.map(({ numExamples }) => numExamples));
          const history = createParticipationHistory();
          for (const [i, { loss, wasAsked, durationMs }] of clients.entries()) {
            const clientId = eligible[i]?.id as string;
            if (wasAsked) history.observe({ type: "asked", round: Math.min(i, round), clientIds: [clientId] });
            if (loss !== undefined)
              history.observe({ type: "answered", clientId, weight: 1 + i, trainLoss: loss, durationMs });
          }
          const request = { eligible, size, round, history };
          const cohort = pick(sampler, { ...request, rng: createRng(seed) });
          expect(cohort).toHaveLength(Math.min(size, eligible.length)); // one place each: no client votes twice
          expect(cohort).toEqual(eligible.map(({ id }) => id).filter((id) => cohort.includes(id)));
          expect(pick(sampler, { ...request, rng: createRng(seed) })).toEqual(cohort);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("says truly whether it looks back", () => {
    let isAsked = false;
    const of = () => {
      isAsked = true;
      return undefined;
    };
    pick(sampler, { eligible: population(new Array(20).fill(7)), size: 3, history: { of } });
    expect(createCohortSampler({ cohort: { sampler }, maxWeight: 10 }).looksBack).toBe(isAsked);
  });

  it("favours no client for its place in the list while nothing is known", () => {
    // 4,000 draws of 3 of 10: each is binomial(4000, 0.3), standard deviation 29. Five of them: a false alarm in about
    // 6 of 10^6 seeds over the ten clients, and the seed is fixed.
    const eligible = population(new Array(10).fill(7));
    const counts = countPicks(4000, `places ${sampler.kind}`, (rng) => pick(sampler, { eligible, size: 3, rng }));
    for (const { id } of eligible) expect(Math.abs((counts.get(id) ?? 0) - 1200)).toBeLessThan(145);
  });
});

it("is uniform for a plan that names no sampler", () => {
  const eligible = population([1, 1000, 1, 1000, 1, 1000]);
  const history = historyOf({ c00: 9, c01: 0 });
  const request = { eligible, size: 3, round: 5, history };
  const implicit = createCohortSampler({ cohort: {}, maxWeight: 10 }).pick({ ...request, rng: createRng(3) });
  expect(implicit).toEqual(pick({ kind: "uniform" }, { ...request, rng: createRng(3) }));
});

it("refuses a size that is no positive whole number", () => {
  const eligible = population([1, 1]);
  for (const size of [0, -1]) expect(() => pick({ kind: "uniform" }, { eligible, size })).toThrow(RangeError);
  for (const size of [1.5, Number.NaN]) expect(() => pick({ kind: "uniform" }, { eligible, size })).toThrow(TypeError);
});

it("selects goal x over-selection, rounded up but not by a rounding error", () => {
  expect(selectionSize(10, 1.3)).toBe(13);
  expect(selectionSize(3, 1.1)).toBe(4);
  expect(() => selectionSize(3, 0.5)).toThrow(RangeError);
});
