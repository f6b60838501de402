export type { SourceData } from "../datasets/sourceData.ts";
export type { Attack, AttackScene } from "./attacks/attack.ts";
export { type AttackPlan, attackFromPlan, attackPlanSchema } from "./attacks/attackFromPlan.ts";
export { type Experiment, parseExperiment } from "./experiment/experiment.ts";
export { loadData } from "./experiment/loadData.ts";
export { builtInExperiments, loadExperiment } from "./experiment/loadExperiment.ts";
export { loadInitialParams } from "./experiment/loadInitialParams.ts";
export { loadModel } from "./experiment/loadModel.ts";
export { UsageError } from "./experiment/usageError.ts";
export { createResultsFolder, type ResultsFolder } from "./resultsFolder.ts";
export { type RoundLine, type SummaryLine, TIMING_FIELDS } from "./roundLine.ts";
export type { RunOptions } from "./runRounds.ts";
export { createSimulation, type Simulation, type SimulationOptions } from "./simulation.ts";
export { type DataSource, parseDataFlag } from "./train/dataFlag.ts";
export { createJudge, type Judge, type Judgement } from "./train/judge.ts";
export { modelForData } from "./train/modelForData.ts";
export {
  CART_POLE_RECIPE,
  type CartPoleLine,
  type CartPoleOptions,
  type CartPoleSummary,
  trainCartPole,
} from "./train/trainCartPole.ts";
export { planOf, TRAINING_RECIPES, type TrainingRecipe } from "./train/trainingRecipe.ts";
export {
  type EpochLine,
  type TrainedModel,
  type TrainingProgress,
  type TrainOptions,
  type TrainSummary,
  trainModel,
} from "./train/trainModel.ts";
