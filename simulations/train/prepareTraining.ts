import * as v from "valibot";
import { explainIssues } from "../../shared/base/explainIssues.ts";
import { nearestName } from "../../shared/base/nearestName.ts";
import type { Model } from "../../shared/models/model.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { OPTIMIZER_NAMES, type OptimizerPlan, optimizerPlanSchema } from "../../shared/optim/optimizerPlan.ts";
import { loadData } from "../experiment/loadData.ts";
import { UsageError } from "../experiment/usageError.ts";
import { parseDataFlag } from "./dataFlag.ts";
import { modelForData } from "./modelForData.ts";
import { startingParams } from "./startingParams.ts";
import { CART_POLE_RECIPE, type CartPoleSummary, trainCartPole } from "./trainCartPole.ts";
import { planOf, TRAINING_RECIPES } from "./trainingRecipe.ts";
import { type TrainingProgress, type TrainSummary, trainModel } from "./trainModel.ts";
import type { TrainFacts } from "./trainView.ts";

/** What the command line says of a training; the model's recipe says the rest. */
export interface TrainingFlags {
  readonly data?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly optimizer?: string;
  readonly learningRate?: number;
  readonly seed: number;
  readonly size: Readonly<Record<string, number>>;
  readonly from?: string;
  readonly evaluateEvery?: number;
}

interface RunHooks {
  readonly signal: AbortSignal;
  onProgress(progress: TrainingProgress): void;
  onLine(line: Readonly<Record<string, unknown>> & { readonly epoch: number; readonly seconds: number }): void;
}

/** A training that only has to be run. */
export interface PreparedTraining {
  readonly model: Model;
  readonly facts: TrainFacts;
  /** What was asked for, for training.json. */
  readonly settings: object;
  run(hooks: RunHooks): Promise<{ readonly params: Float32Array; readonly summary: TrainSummary | CartPoleSummary }>;
}

const CART_POLE = "cartpole-policy";

/** Reads the data and makes the model of a zoo name. @throws UsageError for what a person can mend. */
export async function prepareTraining(name: string, flags: TrainingFlags): Promise<PreparedTraining> {
  return name === CART_POLE ? preparePolicy(flags) : prepareModel(name, flags);
}

async function prepareModel(name: string, flags: TrainingFlags): Promise<PreparedTraining> {
  const recipe = TRAINING_RECIPES[name as keyof typeof TRAINING_RECIPES];
  const named = flags.data ?? recipe.data;
  if (named === undefined) throw new UsageError(`${name} expected data; give it --data ${recipe.needs}`);
  const { seed } = flags;
  const source = parseDataFlag(named, recipe.forms);
  const { notes, ...data } = await loadData({ data: { source }, seed });
  const model = modelForData(name, { ...data, notes }, flags.size);
  for (const note of notes) process.stderr.write(`${note}\n`);
  const changed = {
    ...recipe,
    ...(flags.epochs !== undefined && { epochs: flags.epochs }),
    ...(flags.batch !== undefined && { batchSize: flags.batch }),
    optimizer: optimizerOf(recipe.optimizer, flags),
  };
  const plan = planOf(changed, data.train.numExamples);
  const from = flags.from === undefined ? undefined : startingParams(flags.from, model, seed);
  const evaluateEvery = flags.evaluateEvery ?? Math.ceil(plan.epochs / 20);
  return {
    ...{ model, settings: { model: name, data: source, seed, plan, ...(flags.from && { from: flags.from }) } },
    facts: {
      ...{ model: name, numParams: model.spec.length, data: named, numExamples: data.train.numExamples },
      ...{ seed, epochs: plan.epochs },
    },
    run: ({ signal, onProgress, onLine }) =>
      trainModel({
        ...{ model, plan, data, seed, evaluateEvery, signal, onProgress },
        ...(from && { from }),
        onEpoch: (line) => onLine({ ...line }),
      }),
  };
}

function preparePolicy(flags: TrainingFlags): PreparedTraining {
  if (flags.data !== undefined) throw new UsageError(`${CART_POLE} expected no --data: it learns from its environment`);
  const model = zooModel(CART_POLE);
  const { seed } = flags;
  const iterations = flags.epochs ?? CART_POLE_RECIPE.iterations;
  const batchSize = flags.batch ?? CART_POLE_RECIPE.batchSize;
  const optimizer = optimizerOf(CART_POLE_RECIPE.optimizer, flags);
  const from = flags.from === undefined ? undefined : startingParams(flags.from, model, seed);
  const evaluateEvery = flags.evaluateEvery ?? Math.ceil(iterations / 10);
  return {
    ...{ model, settings: { model: CART_POLE, seed, iterations, batchSize, optimizer } },
    facts: {
      ...{ model: CART_POLE, numParams: model.spec.length, data: "cart and pole, 20 episodes a batch" },
      ...{ seed, epochs: iterations },
    },
    run: ({ signal, onProgress, onLine }) =>
      trainCartPole({
        ...{ model, seed, iterations, batchSize, optimizer, evaluateEvery, signal },
        ...(from && { from }),
        onIteration(line) {
          onProgress({ stepsDone: line.epoch, stepsTotal: iterations, loss: 0, examplesPerSecond: 0 });
          onLine({ ...line });
        },
      }),
  };
}

/** The recipe's optimizer, or another one with a usual learning rate, with what the flags say. @throws UsageError */
function optimizerOf(
  recipe: OptimizerPlan,
  { optimizer: kind = recipe.kind, learningRate }: TrainingFlags,
): OptimizerPlan {
  if (!OPTIMIZER_NAMES.some((name) => name === kind)) {
    const nearest = nearestName(kind, OPTIMIZER_NAMES);
    throw new UsageError(
      `--optimizer expected ${OPTIMIZER_NAMES.join(", ")}, got ${kind}${nearest ? `; did you mean "${nearest}"?` : ""}`,
    );
  }
  const isPlain = kind === "sgd" || kind === "adagrad";
  const usual = kind === recipe.kind ? recipe : { kind, learningRate: isPlain ? 0.05 : 0.001 };
  const plan = { ...usual, ...(learningRate !== undefined && { learningRate }) };
  const result = v.safeParse(optimizerPlanSchema, plan);
  if (!result.success) throw new UsageError(`--optimizer: ${explainIssues(optimizerPlanSchema, result.issues)}`);
  return result.output;
}
