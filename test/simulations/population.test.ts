import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../simulations/experiment/experiment.ts";
import { UsageError } from "../../simulations/experiment/usageError.ts";
import { createPopulation, testRowsOf, trainRowsOf } from "../../simulations/population.ts";
import { shiftPopulation } from "../../simulations/shiftPopulation.ts";
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

  it("holds a random share of each client's own rows out, and changes nothing where none is asked for", () => {
    const parse = (partition: object) => parseExperiment({ ...TINY_EXPERIMENT, partition });
    const shards = { kind: "shards", clients: 12, shardsPerClient: 2 };
    const whole = createPopulation(parse(shards), clusters(133, 1));
    const held = createPopulation(parse({ ...shards, testFraction: 0.3 }), clusters(133, 1));
    expect(held.rowStarts).toEqual(whole.rowStarts);
    for (let client = 0; client < 12; client++) {
      const own = [...trainRowsOf(whole, client)];
      expect(testRowsOf(whole, client)).toHaveLength(0);
      const test = testRowsOf(held, client);
      expect(test).toHaveLength(3); // floor of 0.3 of 11 or 12
      const both = [...trainRowsOf(held, client), ...test];
      expect(both.sort((a, b) => a - b)).toEqual(own.sort((a, b) => a - b));
    }
    // Shards are sorted by label: held-out rows that were all at their end would be of one label.
    const places = Array.from({ length: 12 }, (_, client) =>
      [...testRowsOf(held, client)].map((row) => trainRowsOf(whole, client).indexOf(row)),
    );
    expect(new Set(places.flat()).size).toBeGreaterThan(6);
  });

  it.each([
    { kind: "iid" },
    { kind: "shards" },
    { kind: "dirichlet", alpha: 5 },
    { kind: "natural" },
  ])("leaves the rows that the coordinator drew to no client, and every other one to one ($kind)", (division) => {
    const partition = { ...division, clients: 3, testFraction: 0.2 };
    const parse = (seed: number) =>
      parseExperiment({
        ...TINY_EXPERIMENT,
        ...{ seed, partition, data: { source: "mnist", root: 20 }, aggregation: { kind: "fltrust" } },
      });
    const train = { ...clusters(133, 1), groups: Uint32Array.from({ length: 133 }, (_, row) => row % 3) };
    const { rows, rowStarts, rootRows } = createPopulation(parse(3), train);
    expect(rootRows).toHaveLength(20);
    expect(rowStarts[3]).toBe(113);
    expect([...rows, ...rootRows].sort((a, b) => a - b)).toEqual(Array.from({ length: 133 }, (_, row) => row));
    expect(new Set([...rootRows].map((row) => train.targets[row])).size).toBe(3); // of the data's own distribution
    expect(createPopulation(parse(3), train).rootRows).toEqual(rootRows);
    expect(createPopulation(parse(4), train).rootRows).not.toEqual(rootRows);
    if (division.kind !== "natural") return;
    for (let client = 0; client < 3; client++) {
      const own = rows.subarray(rowStarts[client], rowStarts[client + 1]);
      expect(new Set([...own].map((row) => train.groups[row]))).toEqual(new Set([client]));
    }
  });

  it("says that the coordinator cannot have every row", () => {
    const data = { source: "mnist", root: 133 };
    const experiment = parseExperiment({ ...TINY_EXPERIMENT, data, aggregation: { kind: "fltrust" } });
    expect(() => createPopulation(experiment, clusters(133, 1))).toThrow(UsageError);
    expect(() => createPopulation(experiment, clusters(133, 1))).toThrow('"data.root" expected < 133');
    expect(createPopulation(experiment, clusters(145, 1)).rows).toHaveLength(12);
  });

  it("sees its images turned, clients in turn and held-out rows too, before contrast and brightness change", () => {
    const partition = { kind: "natural", clients: 2, testFraction: 0.5 };
    const featureShift = { gain: [2, 2], offset: [1, 1] };
    const experiment = parseExperiment({ ...TINY_EXPERIMENT, partition, rotations: [0, 180], featureShift });
    const train = {
      numExamples: 4,
      inputShape: [4],
      inputs: Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4),
      targets: new Uint8Array(4),
      targetSize: 1,
      groups: Uint32Array.of(0, 1, 0, 1),
    };
    const { inputs } = shiftPopulation(experiment, train, createPopulation(experiment, train));
    const [kept, turned] = [
      [3, 5, 7, 9],
      [9, 7, 5, 3],
    ] as const;
    expect([...inputs]).toEqual([...kept, ...turned, ...kept, ...turned]);
  });

  it("says that examples which are no square images cannot be turned", () => {
    const experiment = parseExperiment({ ...TINY_EXPERIMENT, rotations: [90] });
    const train = clusters(133, 1);
    const shifting = () => shiftPopulation(experiment, train, createPopulation(experiment, train));
    expect(shifting).toThrow(UsageError);
    expect(shifting).toThrow("examples of 8 values");
  });
});
