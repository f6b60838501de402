import { describe, expect, it } from "vitest";
import { eligibleClients } from "../../simulations/eligibleClients.ts";
import { UsageError } from "../../simulations/experiment/usageError.ts";
import { runTiny } from "./support/tinyExperiment.ts";

const cohort = { size: 2, overSelection: 1, quorum: 2 };
const numExamples = (client: number): number => [5, 20, 9, 10][client] as number;

describe("eligibleClients", () => {
  it("admits everybody, or those with as many examples as the plan asks for", () => {
    expect(eligibleClients({ cohort }, 4, numExamples).map(({ id }) => id)).toEqual(["0", "1", "2", "3"]);
    expect(eligibleClients({ cohort: { ...cohort, eligibility: { minExamples: 10 } } }, 4, numExamples)).toEqual([
      { id: "1", numExamples: 20 },
      { id: "3", numExamples: 10 },
    ]);
  });

  it("says that too few are left for a round", () => {
    const strict = { cohort: { ...cohort, eligibility: { minExamples: 11 } } };
    expect(() => eligibleClients(strict, 4, numExamples)).toThrow(UsageError);
    expect(() => eligibleClients(strict, 4, numExamples)).toThrow("leaves 1 of 4 clients, a round needs 2");
  });
});

describe("a simulation with a least number of examples", () => {
  it("asks nobody who has fewer", async () => {
    // 133 examples over 12 clients: one has 12 and the others 11.
    const { lines } = await runTiny({ cohort: { size: 1, eligibility: { minExamples: 12 } } });
    expect(lines.map(({ examples }) => examples)).toEqual([12, 12, 12, 12, 12, 12]);
    await expect(runTiny({ cohort: { size: 5, eligibility: { minExamples: 12 } } })).rejects.toThrow(
      "leaves 1 of 12 clients, a round needs 5",
    );
  });
});
