import { createSimulation, loadData, loadExperiment, loadModel } from "../../dist/simulations/index.js";

/**
 * One committed experiment with some members changed, as `headwater simulate NAME --set ...` runs it: its last line.
 * With `judgesTrain` the test figures are those of the training set.
 */
export async function runExperiment(name, { changes = [], workers = 1, judgesTrain = false, onRound }) {
  const experiment = loadExperiment(name, changes);
  const data = await loadData(experiment);
  const model = loadModel(experiment, data.train);
  const judged = judgesTrain ? { test: data.train } : {};
  const simulation = createSimulation({ experiment, model, ...data, ...judged, workers });
  try {
    return await simulation.run({ ...(onRound && { onRound }) });
  } finally {
    await simulation.close();
  }
}
