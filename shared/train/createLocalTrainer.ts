import { assertPositiveInteger } from "../base/assert.ts";
import { findNotFinite } from "../codec/finite.ts";
import { batchOrder } from "../data/batchOrder.ts";
import type { LocalObjective } from "../models/localObjective.ts";
import { buildTrainingGraph } from "../models/trainingGraph.ts";
import { optimizerFromPlan } from "../optim/optimizerPlan.ts";
import { checkRows, checkTargets } from "./checkRows.ts";
import { createJudge, judgedColumns } from "./createJudge.ts";
import type { LocalPlan } from "./localPlan.ts";
import type { LocalTrainer, LocalUpdate, Training, TrainProgress, TrainRequest } from "./localTrainer.ts";
import {
  createTrainingBench,
  LOSS_TOTAL,
  memoize,
  type TrainingBench,
  type TrainingBenchOptions,
} from "./trainingBench.ts";

export interface LocalTrainerOptions extends TrainingBenchOptions {
  readonly plan: LocalPlan;
}

/** What a trainer does on a bench that it shares with others. */
export interface SharedTrainerOptions {
  readonly plan: LocalPlan;
  /** What is minimised beside what the plan says. */
  readonly objective?: LocalObjective;
  /** All examples in each step, whatever the plan's batch size. */
  readonly isOneBatch?: boolean;
}

/** Visits of examples over all epochs, 2^27: their order is drawn before the first step, 512 MiB. */
const MAX_VISITS = 2 ** 27;

/**
 * A trainer on the WebAssembly engine: synchronous, the same bytes on every machine. It owns one WebAssembly memory, which grows
 * with the largest client's rows and is freed with the trainer. Programs are compiled once for each batch size.
 * One training at a time: starting another, evaluating or predicting ends the one before.
 */
export function createLocalTrainer({ plan, ...options }: LocalTrainerOptions): LocalTrainer {
  return trainerOn(createTrainingBench(options), { plan });
}

/** A trainer of one objective on a bench. */
export function trainerOn(
  bench: TrainingBench,
  { plan, objective = {}, isOneBatch = false }: SharedTrainerOptions,
): LocalTrainer {
  assertPositiveInteger("plan.epochs", plan.epochs);
  assertPositiveInteger("plan.batchSize", plan.batchSize);
  const { model, engine, resident, paramsAddress } = bench;
  const { arena } = engine;
  const { spec, document } = model;
  const { hyper } = optimizerFromPlan(plan.optimizer);
  const hasAnchor = (plan.penalties?.proximal ?? 0) > 0 || objective.contrast !== undefined;
  if (hasAnchor) bench.reserve("anchor");
  if (objective.isCorrected) bench.reserve("correction");
  if (objective.contrast) bench.reserve("previous");
  const gather = { scale: document.input.scale, offset: document.input.offset };
  const columns = judgedColumns(bench);
  const trainProgram = memoize((batch) =>
    engine.compile(buildTrainingGraph(model, plan, batch, objective), { gather, totals: [LOSS_TOTAL] }),
  );

  /** The batches of an epoch and their programs: full ones, and a short last one where the examples do not fill it. */
  function batchesOf(numExamples: number) {
    const { epochs } = plan;
    const batchSize = isOneBatch ? numExamples : plan.batchSize;
    if (numExamples * epochs > MAX_VISITS) {
      throw new RangeError(
        `training expected <= ${MAX_VISITS} visits of examples, got ${epochs} epochs of ${numExamples}; lower the epochs`,
      );
    }
    const fullSteps = Math.floor(numExamples / batchSize);
    const lastBatch = numExamples % batchSize;
    const full = fullSteps > 0 ? trainProgram(batchSize) : undefined;
    const short = lastBatch > 0 ? trainProgram(lastBatch) : undefined;
    const stepsPerEpoch = fullSteps + (lastBatch > 0 ? 1 : 0);
    return { batchSize, fullSteps, lastBatch, full, short, stepsPerEpoch, stepsTotal: stepsPerEpoch * epochs };
  }

  function start({ params, data, rows, rng, anchor, correction, previous }: TrainRequest): Training {
    const numExamples = checkRows(model, data, rows);
    checkTargets(model, data, rows);
    const { epochs } = plan;
    const { batchSize, fullSteps, lastBatch, full, short, stepsPerEpoch, stepsTotal } = batchesOf(numExamples);

    const { inputs } = (full ?? short)!;
    resident.load(data, columns, rows);
    const orderAddress = bench.loadOrder(batchOrder(numExamples, epochs, rng));
    bench.loadParams(params);
    if (hasAnchor) bench.loadBeside("anchor", anchor ?? params);
    if (correction) bench.loadBeside("correction", correction);
    if (previous) bench.loadBeside("previous", previous);
    const random = inputs.get("random");
    // Key of two words, step 0. Drawn last, and only where a layer draws: other models see the same rng as ever.
    if (random) arena.i32(random.address, 3).set([rng.nextUint32() | 0, rng.nextUint32() | 0, 0]);
    for (const [name, { address, length }] of inputs) {
      if (name.startsWith("state.")) arena.f32(address, length).fill(0);
      if (name.startsWith("hyper.")) arena.f32(address, 1)[0] = hyper[name.slice("hyper.".length)]!;
    }
    bench.takeTotals();

    let stepsDone = 0;
    let lossSum = 0;
    const assertCurrent = bench.begin();

    return {
      stepsTotal,
      run(maxSteps): TrainProgress {
        assertCurrent();
        assertPositiveInteger("maxSteps", maxSteps);
        const until = Math.min(stepsTotal, stepsDone + maxSteps);
        let examples = 0;
        while (stepsDone < until) {
          const step = stepsDone % stepsPerEpoch;
          const epoch = (stepsDone - step) / stepsPerEpoch;
          const rowsAddress = orderAddress + 4 * (epoch * numExamples + step * batchSize);
          const steps = step < fullSteps ? Math.min(until - stepsDone, fullSteps - step) : 1;
          const batch = step < fullSteps ? batchSize : lastBatch;
          engine.run((step < fullSteps ? full : short)!, rowsAddress, batch, steps);
          stepsDone += steps;
          examples += steps * batch;
        }
        const [loss] = bench.takeTotals();
        if (!Number.isFinite(loss)) {
          throw new RangeError(`training diverged: the loss is ${loss} by step ${stepsDone}; lower the learning rate`);
        }
        lossSum += loss;
        return { stepsDone, stepsTotal, loss: examples > 0 ? loss / examples : 0 };
      },
      params() {
        assertCurrent();
        return arena.f32(paramsAddress, spec.length).slice();
      },
      finish(): LocalUpdate {
        assertCurrent();
        if (stepsDone < stepsTotal) throw new RangeError(`finish expected ${stepsTotal} steps done, got ${stepsDone}`);
        const delta = difference(arena.f32(paramsAddress, spec.sharedLength), params);
        const wrong = findNotFinite(delta);
        if (wrong >= 0) throw new RangeError(`training diverged: delta[${wrong}] is ${delta[wrong]}`);
        bench.begin(); // nothing is in progress from here on
        const numPrivate = spec.length - spec.sharedLength;
        return {
          delta,
          ...(numPrivate > 0 && {
            privateParams: arena.f32(paramsAddress + 4 * spec.sharedLength, numPrivate).slice(),
          }),
          numExamples,
          numSteps: stepsTotal,
          trainLoss: lossSum / (numExamples * epochs),
        };
      },
    };
  }

  return {
    compile: (numExamples) => batchesOf(numExamples).stepsTotal,
    start,
    train(request) {
      const training = start(request);
      training.run(training.stepsTotal);
      return training.finish();
    },
    ...createJudge(bench),
  };
}

/**
 * local - received. A function of its own, so that V8, which compiles a long loop while it runs, has nothing after it
 * to guess the types of: within `finish` each call fell back to the interpreter here (9 % of a 2NN's training).
 */
function difference(local: Float32Array, received: Float32Array): Float32Array {
  const delta = new Float32Array(local.length);
  for (let i = 0; i < delta.length; i++) delta[i] = local[i]! - received[i]!;
  return delta;
}
