export { type Experiment, parseExperiment } from "./experiment/experiment.ts";
export { type LoadedData, loadData } from "./experiment/loadData.ts";
export { builtInExperiments, loadExperiment } from "./experiment/loadExperiment.ts";
export { loadModel } from "./experiment/loadModel.ts";
export { UsageError } from "./experiment/usageError.ts";
export { createResultsFolder, type ResultsFolder } from "./resultsFolder.ts";
export { type RoundLine, type SummaryLine, TIMING_FIELDS } from "./roundLine.ts";
export type { RunOptions } from "./runRounds.ts";
export { createSimulation, type Simulation, type SimulationOptions } from "./simulation.ts";
