import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../simulations/experiment/experiment.ts";
import { createPopulation } from "../../simulations/population.ts";
import { clusters, TINY_EXPERIMENT } from "./support/tinyExperiment.ts";

describe("a population", () => {
  it.each([
    { kind: "iid", clients: 12 },
    { kind: "shards", clients: 12, shardsPerClient: 2 },
  ])("gives every row to one client ($kind)", (partition) => {
    const { rows, rowStarts } = createPopulation(parseExperiment({ ...TINY_EXPERIMENT, partition }), clusters(133, 1));
    expect(rowStarts).toHaveLength(13);
    expect([rowStarts[0], rowStarts[12]]).toEqual([0, 133]);
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 133 }, (_, row) => row));
  });
});
