import { describe, expect, it } from "vitest";
import { createParticipationHistory } from "../../../../server/rounds/cohort/participationHistory.ts";
import { countPicks, historyOf, pick, population } from "./samplers.ts";

const exploit = { kind: "oort", exploration: 0, minExploration: 0 } as const;
const ids = (n: number): string[] => population(new Array(n).fill(1)).map(({ id }) => id);
const losses = (values: readonly (number | undefined)[]) =>
  Object.fromEntries(values.map((value, i) => [ids(values.length)[i] as string, value]));

describe("the oort sampler", () => {
  it("draws among clients whose utility is within 5 % of the last useful one, and no others", () => {
    // Utilities scale to 0, 0.97, 1 and 0.5 (round 0: no bonus). For a cohort of one the cut-off is 0.95 · 1.
    const history = historyOf(losses([1, 1.97, 2, 1.5]));
    const counts = countPicks(3000, "cut-off", (rng) =>
      pick(exploit, { eligible: population([1, 1, 1, 1]), history, rng }),
    );
    // c01 has 0.97 of 1.97 shares: binomial(3000, 0.4924), deviation 27.4. Five of them: about 6 of 10^7 seeds.
    expect([...counts.keys()].sort()).toEqual(["c01", "c02"]);
    expect(Math.abs((counts.get("c01") ?? 0) - 1477)).toBeLessThan(137);
  });

  it("counts examples as well as loss", () => {
    const eligible = population([1, 1]);
    const history = createParticipationHistory();
    history.observe({ type: "asked", round: 0, clientIds: ["c00", "c01"] });
    history.observe({ type: "answered", clientId: "c00", weight: 100, trainLoss: 1 });
    history.observe({ type: "answered", clientId: "c01", weight: 10, trainLoss: 5 });
    expect(pick(exploit, { eligible, history })).toEqual(["c00"]);
  });

  it("gives outliers nothing beyond the 95 % quantile", () => {
    // Of 40 utilities the quantile is the 39th, floor(0.95 · 40) from 0: 2. The 40th is absurd.
    const values = Array.from({ length: 40 }, (_, i) => (i < 38 ? 1 + i / 100 : 1e6));
    values[38] = 2;
    const history = historyOf(losses(values));
    const eligible = population(new Array(40).fill(1));
    // Both scale to 1, all others to at most 0.37, so each has half of the draws: binomial(2000, 0.5), deviation 22.4; five
    // of them: about 6 of 10^7 seeds.
    const counts = countPicks(2000, "clip", (rng) => pick(exploit, { eligible, history, rng }));
    expect([...counts.keys()].sort()).toEqual(["c38", "c39"]);
    expect(Math.abs((counts.get("c39") ?? 0) - 1000)).toBeLessThan(112);
  });

  it("brings back a client that was not asked for long", () => {
    const history = historyOf(losses([1.2, 2]));
    // Utilities 0 and 1 in round 0. In round 99: bonuses sqrt(0.1 ln 100 / 1) = 0.679 for c00, and 0.068 for c01 once
    // it was asked in round 98. A cohort of one: 0.679 < 0.95 · 1.068, so c00 is left out until its utility is closer.
    history.observe({ type: "asked", round: 98, clientIds: ["c01"] });
    expect(pick(exploit, { eligible: population([1, 1]), history, round: 99 })).toEqual(["c01"]);
    const closer = historyOf(losses([1.9, 2, 1]));
    closer.observe({ type: "asked", round: 98, clientIds: ["c01"] });
    // c00: 0.9 + 0.679 = 1.579 against 1.068 for c01 and 0.679 for c02.
    expect(pick(exploit, { eligible: population([1, 1, 1]), history: closer, round: 99 })).toEqual(["c00"]);
  });

  it("takes utility from clients slower than preferred, and from no others", () => {
    const durationMs = { c00: 900, c01: 2000 };
    const history = historyOf(losses([1.8, 2, 1]), { durationMs });
    const eligible = population([1, 1, 1]);
    expect(pick(exploit, { eligible, history })).toEqual(["c01"]);
    // c01: 1 · (1000 / 2000)^2 = 0.25 against 0.8 for c00.
    expect(pick({ ...exploit, preferredDurationMs: 1000 }, { eligible, history })).toEqual(["c00"]);
    // (1000 / 2000)^0.1 = 0.933: still ahead of 0.8.
    const mild = { ...exploit, preferredDurationMs: 1000, durationPenalty: 0.1 };
    expect(pick(mild, { eligible, history })).toEqual(["c01"]);
  });

  it("explores less from round to round, down to its floor", () => {
    const sampler = { kind: "oort", exploration: 0.8, explorationDecay: 0.5, minExploration: 0.3 } as const;
    const eligible = population(new Array(40).fill(1));
    const history = historyOf(
      Object.fromEntries(
        ids(40)
          .slice(0, 20)
          .map((id) => [id, 1]),
      ),
    );
    const untried = (round: number): number =>
      pick(sampler, { eligible, size: 10, round, history }).filter((id) => id >= "c20").length;
    expect([untried(0), untried(1), untried(2), untried(9)]).toEqual([8, 4, 3, 3]);
  });

  it("explores with cohorts of one too, in its share of the rounds", () => {
    // Share 0.2: binomial(2000, 0.2), deviation 17.9; five of them: about 6 of 10^7 seeds.
    const eligible = population([1, 1]);
    const history = historyOf({ c00: 1 });
    const sampler = { kind: "oort", exploration: 0.2 } as const;
    const counts = countPicks(2000, "one", (rng) => pick(sampler, { eligible, history, rng }));
    expect(Math.abs((counts.get("c01") ?? 0) - 400)).toBeLessThan(90);
  });

  it("fills the cohort from either side when the other has too few", () => {
    const eligible = population([1, 1, 1, 1]);
    expect(pick(exploit, { eligible, size: 3, history: historyOf({ c00: 1 }) })).toContain("c00");
    expect(pick(exploit, { eligible, size: 3, history: historyOf({ c00: 1 }) })).toHaveLength(3);
    const sampler = { kind: "oort", exploration: 1, explorationDecay: 1 } as const;
    const history = historyOf({ c00: 1, c01: 2, c02: 3 });
    const cohort = pick(sampler, { eligible, size: 3, history });
    expect(cohort).toContain("c03");
    expect(cohort).toHaveLength(3);
  });

  it("tries a client that answered without a loss less often than one that is new", () => {
    // Weights 1 and 1 / (1 + 3): the new one has 0.8 of the draws. Binomial(2000, 0.8), deviation 17.9.
    const history = createParticipationHistory();
    for (let round = 0; round < 3; round++) {
      history.observe({ type: "asked", round, clientIds: ["c00"] });
      history.observe({ type: "answered", clientId: "c00", weight: 1 });
    }
    const eligible = population([1, 1]);
    const counts = countPicks(2000, "no loss", (rng) => pick({ kind: "oort" }, { eligible, history, rng }));
    expect(Math.abs((counts.get("c01") ?? 0) - 1600)).toBeLessThan(90);
  });
});
