import { nodeSha256 } from "../server/store/nodeSha256.ts";
import { createStrategy } from "../server/strategies/createStrategy.ts";
import { canonicalJsonBytes } from "../shared/base/canonicalJson.ts";
import { type ContentHash, toHex } from "../shared/base/hash.ts";
import { createRng } from "../shared/base/rng.ts";
import { codecById } from "../shared/codec/registry.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { subsetDataset } from "../shared/data/subsetDataset.ts";
import { furtherStart } from "../shared/models/furtherStart.ts";
import type { Model } from "../shared/models/model.ts";
import { modelHash } from "../shared/models/modelHash.ts";
import type { Metric } from "../shared/nn/metrics/metric.ts";
import { assertNumParams } from "../shared/params/assertNumParams.ts";
import { paramsHash } from "../shared/params/paramsHash.ts";
import { sharedStatistics } from "../shared/params/sharedStatistics.ts";
import { planHash, type RunPlan } from "../shared/protocol/runPlan.ts";
import { strategyNeeds, updateParts } from "../shared/protocol/strategyNeeds.ts";
import { createRootTrainer } from "../shared/train/createRootTrainer.ts";
import { standardMetric } from "../shared/train/standardMetric.ts";
import { underAttack } from "./attacks/underAttack.ts";
import { eligibleClients } from "./eligibleClients.ts";
import type { Experiment } from "./experiment/experiment.ts";
import { planOf } from "./experiment/planOf.ts";
import { UsageError } from "./experiment/usageError.ts";
import type { Happening } from "./happening.ts";
import { createInlinePool } from "./pool/inlinePool.ts";
import type { TrainingPool } from "./pool/trainingPool.ts";
import { createWorkerPool } from "./pool/workerPool.ts";
import type { Workload } from "./pool/workload.ts";
import { createPopulation, type Population, trainRowsOf } from "./population.ts";
import type { SummaryLine } from "./roundLine.ts";
import { type RunOptions, runRounds } from "./runRounds.ts";
import { shiftPopulation } from "./shiftPopulation.ts";
import { createStragglers } from "./stragglers.ts";
import { createVirtualClients, type VirtualClients } from "./virtualClients.ts";
import { createVirtualClock } from "./virtualClock.ts";
import { createVirtualCoordinator } from "./virtualCoordinator.ts";

export interface SimulationOptions {
  readonly experiment: Experiment;
  readonly model: Model;
  /** Params of version 0, [spec.length]; those of the experiment's seed when absent. */
  readonly initialParams?: Float32Array;
  readonly train: Dataset;
  /** Without it only clients judge, those that hold rows out. */
  readonly test?: Dataset;
  /** 1 (the default) trains in the calling thread; more train in so many worker threads. */
  readonly workers?: number;
  /** The built worker's file; the one beside this module when absent. */
  readonly workerUrl?: URL;
}

export interface Simulation {
  readonly plan: RunPlan;
  /** Runs every round, once. @throws RangeError if a client's training diverges. */
  run(options?: RunOptions): Promise<SummaryLine>;
  /** The global params after the last commit, and the private ones that a client begins with, [spec.length]. */
  params(): Float32Array;
  close(): Promise<void>;
}

/**
 * Makes an experiment ready to run: data partitioned, workers started, the model initialised. The same experiment and
 * seed give the same bytes (params, hashes and every field of the round lines but the timing ones) for any number of
 * workers and any devices, as long as the same clients answer each round.
 * @throws UsageError if model, data, partition and rules of the cohort do not fit together.
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const { experiment, model, test, workers = 1 } = options;
  const { seed, local, devices } = experiment;
  const { spec, document } = model;
  const metrics = metricsOf(experiment, model);
  const population = createPopulation(experiment, options.train);
  const train = shiftPopulation(experiment, options.train, population);
  const initialParams = options.initialParams ?? model.init(createRng(seed, "init"));
  assertNumParams("initialParams", initialParams, spec.length);
  const privateParams = initialParams.slice(spec.sharedLength);
  const workload: Workload = {
    ...{ seed, model: document, plan: local, strategy: experiment.strategy, train, ...population, privateParams },
    metrics: experiment.metrics ?? [],
    ...(test ? { test } : {}),
  };
  const plan = planOf(experiment, { modelHash: modelHash(document, nodeSha256), runId: runIdOf(experiment) });
  const hashParams = (params: Float32Array): ContentHash => paramsHash(spec, params, nodeSha256);
  const numExamples = (client: number): number => trainRowsOf(population, client).length;
  const eligible = eligibleClients(plan, experiment.partition.clients, numExamples);
  const strategy = createStrategy(plan, spec.sharedLength, {
    statistics: sharedStatistics(spec),
    furtherStart: furtherStart(model, seed),
  });
  const trainOnRoot = rootTrainingOf(options, population, initialParams);
  // After all that may refuse the experiment: threads that nobody can end would keep the process alive.
  const pool = createPool(options, workload, workers, metrics);

  const stragglers = createStragglers(experiment.stragglers, seed, local.epochs);
  const clock = createVirtualClock<Happening>();
  const { handouts } = strategyNeeds(plan.strategy, spec.sharedLength);
  const sent = [spec.sharedLength, ...updateParts(plan, spec.sharedLength).map(({ numElements }) => numElements)];
  const payloadBytes = sent.reduce((sum, length) => sum + codecById(plan.codec).encodedBytes(length), 0);
  const clients: VirtualClients = createVirtualClients({
    run: {
      runId: plan.runId,
      planHash: planHash(plan, nodeSha256),
      modelHash: plan.modelHash as ContentHash,
      coordinatorKey: "", // nothing is signed in one process
      numParams: spec.sharedLength,
      epochs: local.epochs,
      maxStaleness: plan.maxStaleness,
    },
    devices: { ...devices, seed: devices.seed ?? seed },
    clock,
    pool,
    numExamples,
    paramsBytes: 4 * spec.sharedLength * (1 + handouts.length),
    payloadBytes,
    handedWith: (ticket) => coordinator.handedWith(ticket),
    stragglers,
    tellCoordinator: (event) => coordinator.apply(event),
  });
  const coordinator = createVirtualCoordinator({
    seed,
    plan,
    eligible,
    strategy: underAttack(strategy, experiment, plan),
    params: initialParams.slice(0, spec.sharedLength),
    hashParams,
    clock,
    clients,
    stragglers,
    ...(trainOnRoot && { trainOnRoot }),
  });

  return {
    plan,
    run: (runOptions = {}) =>
      runRounds({
        ...runOptions,
        experiment,
        hasTest: test !== undefined && !strategy.hasSeveralModels,
        metrics,
        clock,
        clients,
        coordinator,
        pool,
      }),
    params() {
      const params = new Float32Array(spec.length);
      params.set(coordinator.params());
      params.set(privateParams, spec.sharedLength);
      return params;
    },
    close: () => pool.close(),
  };
}

/** @throws UsageError for a name that is none, or that this model has no use for. */
function metricsOf({ metrics = [] }: Experiment, model: Model): Metric[] {
  try {
    return metrics.map((name) => standardMetric(name, model));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** The coordinator's training on its own rows, which no client's instrument changes; undefined where it has none. */
function rootTrainingOf(
  { experiment: { seed, local, strategy }, model, train }: SimulationOptions,
  { rootRows }: Population,
  initialParams: Float32Array,
) {
  if (rootRows.length === 0) return undefined;
  const data = subsetDataset(train, rootRows);
  return createRootTrainer({ model, plan: local, strategy, start: initialParams, data, seed });
}

function createPool(
  options: SimulationOptions,
  workload: Workload,
  workers: number,
  metrics: readonly Metric[],
): TrainingPool {
  if (workers <= 1) return createInlinePool(workload);
  const { spec } = options.model;
  return createWorkerPool({
    ...{ workload, metrics },
    numWorkers: workers,
    deltaLength: spec.sharedLength,
    ...(options.workerUrl ? { workerUrl: options.workerUrl } : {}),
  });
}

/** A run's id that only depends on the experiment, so that its plan has the same hash each time. */
function runIdOf(experiment: Experiment): string {
  return toHex(nodeSha256(canonicalJsonBytes(JSON.parse(JSON.stringify(experiment))))).slice(0, 32);
}
