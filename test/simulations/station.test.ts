import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/base/rng.ts";
import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../shared/train/createClientTrainer.ts";
import { parseExperiment } from "../../simulations/experiment/experiment.ts";
import { createInlinePool } from "../../simulations/pool/inlinePool.ts";
import { createKeptVectors } from "../../simulations/pool/keptVectors.ts";
import { createPopulation, trainRowsOf } from "../../simulations/population.ts";
import { clusters, TINY_EXPERIMENT, tinyFedBn, type tinyModel } from "./support/tinyExperiment.ts";

const TRAIN = clusters(40, 1);
const experiment = parseExperiment({ ...TINY_EXPERIMENT, partition: { kind: "iid", clients: 4, testFraction: 0.3 } });
const population = createPopulation(experiment, TRAIN);
const { local: plan, seed } = experiment;

function poolOf(model: ReturnType<typeof tinyModel>, strategy: StrategyPlan) {
  const privateParams = model.init(createRng("init")).slice(model.spec.sharedLength);
  return createInlinePool({
    ...{ seed, plan, strategy, train: TRAIN, ...population, privateParams, metrics: [], model: model.document },
  });
}

describe("a pool of virtual clients", () => {
  it.each<StrategyPlan>([
    { kind: "scaffold", population: 4 },
    { kind: "ifca", clusters: 2 },
    { kind: "fedavg", client: { kind: "ditto", lambda: 1 } },
    { kind: "fedavg", client: { kind: "moon", mu: 1, temperature: 0.5 } },
  ])("gives each client's half of $kind what was handed out and what that client kept", async (strategy) => {
    const model = tinyFedBn();
    const { sharedLength } = model.spec;
    const pool = poolOf(model, strategy);
    const params = model.init(createRng("init"));
    const handouts = new Map(
      strategyNeeds(strategy, sharedLength).handouts.map((name) => [
        name,
        model.init(createRng("handout", name)).slice(0, sharedLength),
      ]),
    );
    const trainer = createClientTrainer({ model, plan, strategy });
    let kept: ReadonlyMap<string, Float32Array> = new Map();
    for (const round of [0, 1]) {
      const handed = { params: params.slice(0, sharedLength), handouts };
      for (const client of [2, 1]) pool.submit({ ticket: `${round} ${client}`, client, round, handed, dueMs: 0 });
      await pool.take(`${round} 1`); // another client in between leaves no trace
      pool.keep(`${round} 1`);
      const update = await pool.take(`${round} 2`);
      const rng = createRng(seed, "local", round, 2);
      const rows = trainRowsOf(population, 2);
      const expected = trainer.train({ params, handouts, kept, data: TRAIN, rows, rng });
      expect(update).toEqual(expected);
      pool.keep(`${round} 2`);
      pool.release(`${round} 2`);
      pool.settle(true);
      kept = expected.kept;
    }
    expect(kept.size).toBeGreaterThan(0);
  });

  it("keeps nothing of an update that did not arrive, and nothing where there is nothing", () => {
    const vectors = createKeptVectors({ kind: "fedavg", client: { kind: "ditto", lambda: 1 } });
    const kept = new Map([["control", Float32Array.of(1)]]);
    vectors.hold("a", 7, kept);
    vectors.drop("a");
    vectors.keep("a");
    expect(vectors.of(7).size).toBe(0);
    vectors.hold("b", 7, kept);
    vectors.keep("b");
    expect(vectors.of(7)).toBe(kept);
    vectors.hold("c", 8, new Map());
    vectors.keep("c");
    expect(vectors.of(8).size).toBe(0);
  });

  it.each<StrategyPlan>([
    { kind: "scaffold", population: 4 },
    { kind: "feddyn", alpha: 1, population: 4 },
  ])("keeps what $kind's clients ended with once their attempt is committed, and not if it is aborted", (strategy) => {
    const vectors = createKeptVectors(strategy);
    const kept = new Map([["control", Float32Array.of(1)]]);
    vectors.hold("a", 7, kept);
    vectors.keep("a");
    vectors.drop("a");
    vectors.settle(false);
    vectors.hold("b", 8, kept);
    vectors.keep("b");
    vectors.drop("b");
    expect(vectors.of(8).size).toBe(0);
    vectors.settle(true);
    expect(vectors.of(7).size).toBe(0);
    expect(vectors.of(8)).toBe(kept);
  });
});
