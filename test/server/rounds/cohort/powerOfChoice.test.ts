import { describe, expect, it } from "vitest";
import { countPicks, historyOf, pick, population } from "./samplers.ts";

const everybody = { kind: "power-of-choice", candidates: 6 } as const;
const eligible = population([10, 10, 10, 10, 10, 10]);

describe("the power-of-choice sampler", () => {
  it("keeps the highest losses of its candidates", () => {
    const history = historyOf({ c00: 1, c01: 5, c02: 2, c03: 4, c04: 3, c05: 0 });
    expect(pick(everybody, { eligible, size: 2, history })).toEqual(["c01", "c03"]);
  });

  it("puts those who were never asked before all losses", () => {
    const history = historyOf({ c00: 1, c01: 1e5, c02: 2, c04: 3 });
    expect(pick(everybody, { eligible, size: 2, history })).toEqual(["c03", "c05"]);
  });

  it("takes a client that gave no possible loss for average", () => {
    const losses = { c00: 1, c01: 9, c02: Number.NaN, c03: 2e6, c04: -1, c05: 2 };
    const history = historyOf(losses); // mean of 1, 9 and 2 is 4
    expect(pick(everybody, { eligible, size: 1, history })).toEqual(["c01"]);
    expect(pick(everybody, { eligible, size: 4, history })).toEqual(["c01", "c02", "c03", "c04"]);
  });

  it("draws its candidates by data: the highest loss is not always among them", () => {
    // Two candidates of three, examples 10, 10, 20, with the highest loss at a client of 10. It is a candidate unless the
    // other two are drawn: 1 - (10/40 · 20/30 + 20/40 · 10/20) = 0.58333. 4,000 draws, standard deviation 31.2; five of
    // them: a false alarm in about 6 of 10^7 seeds, and the seed is fixed.
    const three = population([10, 10, 20]);
    const history = historyOf({ c00: 9, c01: 1, c02: 2 });
    const sampler = { kind: "power-of-choice", candidates: 2 } as const;
    const counts = countPicks(4000, "power", (rng) => pick(sampler, { eligible: three, history, rng }));
    expect(Math.abs((counts.get("c00") ?? 0) - 2333.3)).toBeLessThan(5 * 31.2);
    expect((counts.get("c00") ?? 0) + (counts.get("c02") ?? 0)).toBe(4000); // the lowest loss is never the highest of two
  });

  it("draws a whole cohort though the plan asks for fewer candidates", () => {
    expect(pick({ kind: "power-of-choice", candidates: 1 }, { eligible, size: 4 })).toHaveLength(4);
  });
});
