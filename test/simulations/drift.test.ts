import { describe, expect, it } from "vitest";
import type { Dataset } from "../../shared/data/dataset.ts";
import { defineModel } from "../../shared/models/defineModel.ts";
import { linear } from "../../shared/nn/layers/linear.ts";
import { runTiny } from "./support/tinyExperiment.ts";

/** One weight w, which begins at 0: the loss of an example is (x w - y)². */
const weight = defineModel({
  name: "one weight",
  input: { shape: [1] },
  layers: [linear(1, 1, { bias: false, init: "zeros" })],
  loss: "meanSquaredError",
});

interface Client {
  readonly numExamples: number;
  readonly x: number;
  readonly y: number;
}

/** Clients whose examples are all the same, so that every batch has the same gradient. */
function alike(clients: readonly Client[]): Dataset {
  const rows = clients.flatMap((client, group) => new Array(client.numExamples).fill({ ...client, group }));
  return {
    numExamples: rows.length,
    inputShape: [1],
    inputs: Float32Array.from(rows, ({ x }) => x),
    targets: Float32Array.from(rows, ({ y }) => y),
    targetSize: 1,
    groups: Uint32Array.from(rows, ({ group }) => group),
  };
}

interface Settling {
  readonly strategy: object;
  readonly clients: readonly Client[];
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly rounds: number;
}

/** Where the weight settles when all clients are in every round. */
async function settled({ strategy, clients, learningRate, rounds, ...local }: Settling): Promise<number> {
  const train = alike(clients);
  const { params } = await runTiny(
    {
      partition: { kind: "natural", clients: clients.length },
      cohort: { size: clients.length },
      local: { ...local, optimizer: { kind: "sgd", learningRate } },
      ...{ strategy, rounds, evaluateEvery: 0 },
    },
    { model: weight, train, test: train },
  );
  return params[0]!;
}

describe("two clients whose optima differ", () => {
  // (w - 1)² with curvature 2 and (w / 2 + 1 / 2)² with curvature 1/2: the sum is least where 2 (w - 1) + (w + 1) / 2 = 0.
  const clients = [
    { numExamples: 2, x: 1, y: 1 },
    { numExamples: 2, x: 0.5, y: -0.5 },
  ];
  const optimum = 0.6;
  const settle = (strategy: object, epochs: number): Promise<number> =>
    settled({ strategy, clients, epochs, learningRate: 0.1, batchSize: 2, rounds: 120 });

  it.each([1, 3, 10])("FedAvg settles between their own optima, %i local steps decide where", async (steps) => {
    // A client goes the share 1 - q of the way to its own optimum, q = (1 - rate · curvature)^steps; the two ways cancel.
    const own = 1 - (1 - 0.2) ** steps;
    const other = 1 - (1 - 0.05) ** steps;
    const expected = (own - other) / (own + other);
    expect(await settle({ kind: "fedavg" }, steps)).toBeCloseTo(expected, 5);
    if (steps === 1) expect(expected).toBeCloseTo(optimum, 12);
    else expect(optimum - expected).toBeGreaterThan(0.04);
  });

  it.each([1, 3, 10])("SCAFFOLD and FedDyn settle at the optimum of both after %i local steps", async (steps) => {
    expect(await settle({ kind: "scaffold", population: 2 }, steps)).toBeCloseTo(optimum, 4);
    expect(await settle({ kind: "feddyn", alpha: 0.5, population: 2 }, steps)).toBeCloseTo(optimum, 4);
  });

  it("a proximal term lessens the drift and does not remove it", async () => {
    const plain = await settle({ kind: "fedavg" }, 10);
    const held = await settle({ kind: "fedavg", client: { kind: "fedprox", mu: 2 } }, 10);
    expect(held).toBeGreaterThan(plain + 0.02);
    expect(held).toBeLessThan(optimum - 0.02);
  });
});

describe("clients that take unequal numbers of steps", () => {
  // Curvature 2 both, optima 1 and -1, shares 0.8 and 0.2: by examples the optimum is 0.6. With 5 epochs of single examples they
  // take 40 and 10 steps.
  const clients = [
    { numExamples: 8, x: 1, y: 1 },
    { numExamples: 2, x: 1, y: -1 },
  ];
  const learningRate = 0.002;
  const settle = (strategy: object): Promise<number> =>
    settled({ strategy, clients, learningRate, batchSize: 1, epochs: 5, rounds: 150 });
  const [many, few] = [40, 10].map((steps) => 1 - (1 - 2 * learningRate) ** steps) as [number, number];

  it("FedAvg settles towards those that take more of them", async () => {
    const expected = (0.8 * many - 0.2 * few) / (0.8 * many + 0.2 * few);
    expect(expected - 0.6).toBeGreaterThan(0.2);
    expect(await settle({ kind: "fedavg" })).toBeCloseTo(expected, 4);
  });

  it("FedNova settles where the shares of examples say, but for the curve of the way", async () => {
    const expected = ((0.8 * many) / 40 - (0.2 * few) / 10) / ((0.8 * many) / 40 + (0.2 * few) / 10);
    expect(Math.abs(expected - 0.6)).toBeLessThan(0.03);
    expect(await settle({ kind: "fednova" })).toBeCloseTo(expected, 4);
  });
});
