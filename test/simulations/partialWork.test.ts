import { expect, it } from "vitest";
import { loadData } from "../../simulations/experiment/loadData.ts";
import { loadExperiment } from "../../simulations/experiment/loadExperiment.ts";
import { loadModel } from "../../simulations/experiment/loadModel.ts";
import { createSimulation } from "../../simulations/simulation.ts";

/** Loss of the last global model on all rows: the committed experiment, made small. */
async function lossAfter(seed: number, changes: readonly string[]): Promise<number> {
  const experiment = loadExperiment("fedprox-synthetic", [
    ...["data.source.clients=8", "partition.clients=8", "partition.testFraction=0", "cohort.size=4"],
    ...["local.epochs=8", "rounds=10", "evaluateEvery=10", "stragglers.fraction=0.75", `seed=${seed}`],
    ...changes,
  ]);
  const { train } = await loadData(experiment);
  const simulation = createSimulation({ experiment, model: loadModel(experiment, train), train, test: train });
  const { testLoss } = await simulation.run();
  return testLoss as number;
}

it("FedProx takes the work of stragglers in and ends lower than FedAvg, which drops it: mean of three seeds", async () => {
  const seeds = [1, 2, 3];
  const mean = async (changes: readonly string[]): Promise<number> => {
    let sum = 0;
    for (const seed of seeds) sum += await lossAfter(seed, changes);
    return sum / seeds.length;
  };
  const dropped = await mean(['strategy={"kind":"fedavg"}', "stragglers.work=drop"]);
  const partial = await mean([]);
  expect(partial).toBeLessThan(0.8 * dropped);
});
