import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/base/rng.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../shared/train/createClientTrainer.ts";
import { createRootTrainer } from "../../shared/train/createRootTrainer.ts";
import { parseExperiment } from "../../simulations/experiment/experiment.ts";
import { createPopulation, trainRowsOf } from "../../simulations/population.ts";
import { slowFltrust } from "../support/slowRobustRules.ts";
import {
  bytesOf,
  clusters,
  runTiny,
  TINY_EXPERIMENT,
  type TinyRun,
  tinyFedBn,
  tinyModel,
} from "./support/tinyExperiment.ts";

/** Every client answers, so that a quarter of the updates is hostile in each round. */
const SETTING = { cohort: { size: 12 }, evaluateEvery: 6 };
const FLTRUST = { ...SETTING, data: { source: "mnist", root: 13 }, aggregation: { kind: "fltrust" } };
const pulledBy = (tau: number) => ({ attack: { fraction: 0.25, sends: { kind: "ipm", tau } } });
const lossOf = ({ summary }: TinyRun): number => summary.testLoss as number;

describe("a simulation with root data", () => {
  it("gives the same bytes in one thread, on two and on three, whoever arrives first", async () => {
    const inline = bytesOf(await runTiny(FLTRUST));
    expect(bytesOf(await runTiny(FLTRUST, { workers: 2 }))).toEqual(inline);
    expect(bytesOf(await runTiny(FLTRUST, { workers: 3 }))).toEqual(inline);
    expect(bytesOf(await runTiny({ ...FLTRUST, devices: { seed: 8 } }))).toEqual(inline);
  });

  it.each<StrategyPlan>([
    { kind: "fedavg" },
    { kind: "fedavg", client: { kind: "fedprox", mu: 3 } },
  ])("trains on root as clients do from each round's params and folds by it, step by step as in the paper, under %o", async (strategy) => {
    const changes = { ...FLTRUST, strategy, rounds: 3 };
    const experiment = parseExperiment({ ...TINY_EXPERIMENT, ...changes });
    const { seed, local: plan } = experiment;
    const train = clusters(133, 1);
    const population = createPopulation(experiment, train);
    const model = tinyModel();
    const start = model.init(createRng(seed, "init"));
    const data = subsetDataset(train, population.rootRows);
    const trainOnRoot = createRootTrainer({ model, plan, strategy, start, data, seed });
    const client = createClientTrainer({ model, plan, strategy });
    const nothing = { handouts: new Map(), kept: new Map() };
    let params = start;
    for (let round = 0; round < 3; round++) {
      const deltas = Array.from({ length: 12 }, (_, number) => {
        const rng = createRng(seed, "local", round, number);
        return [...client.train({ ...nothing, params, data: train, rows: trainRowsOf(population, number), rng }).delta];
      });
      const step = slowFltrust(deltas, [...trainOnRoot(params)]);
      params = params.map((value, i) => value + (step[i] as number));
    }
    const simulated = await runTiny(changes);
    // Params of order 1 in f32, three roundings of 2^-24 and what training makes of them.
    for (const [i, value] of simulated.params.entries()) expect(value).toBeCloseTo(params[i] as number, 5);
  });

  it("learns under an attack that leads the mean astray, and hears nothing of it however hard it pulls", async () => {
    const [mean, hard, gentle] = [
      await runTiny({ ...SETTING, ...pulledBy(5) }),
      await runTiny({ ...FLTRUST, ...pulledBy(5) }),
      await runTiny({ ...FLTRUST, ...pulledBy(1) }),
    ];
    // -5 times the mean from 3 of 12 clients takes all: 9/12 - 3 · 5/12 < 0 of a step.
    expect(lossOf(mean)).toBeGreaterThan(Math.log(3));
    expect(lossOf(hard)).toBeLessThan(0.5 * Math.log(3));
    expect(hard.params).toEqual(gentle.params);
  });

  it("refuses to start where the coordinator could not train like its clients", async () => {
    await expect(runTiny(FLTRUST, { model: tinyFedBn() })).rejects.toThrow("stays with each client");
    const strategy = { kind: "fedavg", client: { kind: "moon", mu: 1, temperature: 0.5 } };
    await expect(runTiny({ ...FLTRUST, strategy })).rejects.toThrow('got "moon"');
  });

  it("blames no client for a round that comes to nothing", async () => {
    const local = { ...TINY_EXPERIMENT.local, optimizer: { kind: "sgd", learningRate: 1e-300 } };
    await expect(runTiny({ ...FLTRUST, local })).rejects.toThrow(/^round 0 cannot be aggregated: the root delta/);
  });
});
