import { assertPositiveInteger } from "../base/assert.ts";
import { findNotFinite } from "../codec/finite.ts";
import { batchOrder } from "../data/batchOrder.ts";
import type { Dataset } from "../data/dataset.ts";
import type { StepLimits } from "../engine/compile/assertAffordable.ts";
import { EngineInstance, type Program } from "../engine/instance.ts";
import type { Kernels } from "../engine/kernelModule.ts";
import type { Model } from "../models/model.ts";
import { buildEvaluationGraph, buildForwardGraph, buildTrainingGraph } from "../models/trainingGraph.ts";
import { optimizerFromPlan } from "../optim/optimizerPlan.ts";
import { assertNumParams } from "../params/assertNumParams.ts";
import { checkRows, checkTargets } from "./checkRows.ts";
import type { LocalPlan } from "./localPlan.ts";
import type { LocalTrainer, LocalUpdate, Training, TrainProgress, TrainRequest } from "./localTrainer.ts";
import { type Columns, ResidentRows } from "./residentRows.ts";

export interface LocalTrainerOptions {
  readonly model: Model;
  readonly plan: LocalPlan;
  /**
   * "strict" (when absent) gives the same bytes on every machine; those of `compileFastKernels` fuse multiply-adds where the
   * machine can.
   */
  readonly kernels?: Kernels;
  /** What one step may need; 1 GiB of workspace and some minutes of work when absent. */
  readonly limits?: StepLimits;
}

/** Rows judged or predicted in one go, where a step affords so many. */
const EVALUATION_BATCH = 250;
/** Visits of examples over all epochs, 2^27: their order is drawn before the first step, 512 MiB. */
const MAX_VISITS = 2 ** 27;
const LOSS_TOTAL = 0;
const CORRECT_TOTAL = 1;

/**
 * A trainer on the WebAssembly engine: synchronous, the same bytes on every machine. It owns one WebAssembly memory, which grows
 * with the largest client's rows and is freed with the trainer. Programs are compiled once for each batch size.
 * One training at a time: starting another, evaluating or predicting ends the one before.
 */
export function createLocalTrainer({ model, plan, kernels = "strict", limits }: LocalTrainerOptions): LocalTrainer {
  assertPositiveInteger("plan.epochs", plan.epochs);
  assertPositiveInteger("plan.batchSize", plan.batchSize);
  const { spec, document } = model;
  const engine = new EngineInstance({ kernels, ...(limits && { limits }) });
  const { arena } = engine;
  const resident = new ResidentRows(arena);
  const { hyper } = optimizerFromPlan(plan.optimizer);

  const paramsAddress = arena.allocate(4 * spec.length);
  for (const { name, offset, length } of spec.entries) {
    engine.bind(`params.${name}`, { address: paramsAddress + 4 * offset, length });
  }
  const hasAnchor = (plan.penalties?.proximal ?? 0) > 0;
  const anchorAddress = hasAnchor ? arena.allocate(4 * spec.length) : 0;
  if (hasAnchor) {
    for (const { name, offset, length } of spec.entries) {
      engine.bind(`anchor.${name}`, { address: anchorAddress + 4 * offset, length });
    }
  }
  /** What a batch reads of its rows where the loss looks on. */
  const judged: Columns = model.loss.targets(1, model.outputShape) ? "both" : "inputs";
  let order = { address: 0, length: 0 };
  let current: object | undefined;

  const gather = { scale: document.input.scale, offset: document.input.offset };
  const evaluationTotals = [undefined, LOSS_TOTAL, ...(model.loss.numCorrect ? [CORRECT_TOTAL] : [])];
  const trainProgram = memoize((batch) =>
    engine.compile(buildTrainingGraph(model, plan, batch), { gather, totals: [LOSS_TOTAL] }),
  );
  const evaluationProgram = memoize((batch) =>
    engine.compile(buildEvaluationGraph(model, batch), { gather, totals: evaluationTotals }),
  );
  const forwardProgram = memoize((batch) => engine.compile(buildForwardGraph(model, batch), { gather }));

  function loadParams(params: Float32Array): void {
    assertNumParams("params", params, spec.length);
    arena.f32(paramsAddress, spec.length).set(params);
  }

  function loadOrder(rows: Uint32Array): void {
    if (rows.length > order.length) order = { address: arena.allocate(4 * rows.length), length: rows.length };
    arena.i32(order.address, rows.length).set(rows);
  }

  /** Reads and clears the f64 totals. */
  function takeTotals(): readonly [loss: number, correct: number] {
    const totals = arena.f64(engine.totalsAddress, 2);
    const taken = [totals[LOSS_TOTAL]!, totals[CORRECT_TOTAL]!] as const;
    totals.fill(0);
    return taken;
  }

  /** Runs a forward program over the rows, a large batch at a time; `after` sees each batch's outputs. */
  function forEachBatch(
    program: (batch: number) => Program,
    { params, data, rows, columns }: RowsToRead,
    after?: (outputs: Float32Array, firstRow: number) => void,
  ): number {
    const numRows = checkRows(model, data, rows);
    if (columns === "both") checkTargets(model, data, rows);
    current = undefined;
    // Compiled before anything is loaded: compiling may grow the memory.
    const most = affordableBatch(program, Math.min(EVALUATION_BATCH, numRows));
    if (numRows % most > 0) program(numRows % most);
    loadParams(params);
    const ascending = Uint32Array.from({ length: numRows }, (_, i) => i);
    for (let first = 0; first < numRows; first += most) {
      const batch = Math.min(most, numRows - first);
      resident.load(data, columns, (rows ?? ascending).subarray(first, first + batch));
      loadOrder(ascending.subarray(0, batch));
      const compiled = program(batch);
      engine.run(compiled, order.address, batch);
      const { address, length } = compiled.outputs[0]!;
      after?.(arena.f32(address, length), first);
    }
    return numRows;
  }

  /** The batch, or the half of it, or the half of that, ... whose program can be compiled. */
  function affordableBatch(program: (batch: number) => Program, batch: number): number {
    try {
      program(batch);
      return batch;
    } catch (error) {
      if (batch === 1 || !(error instanceof RangeError)) throw error;
      return affordableBatch(program, Math.ceil(batch / 2));
    }
  }

  /** The batches of an epoch and their programs: full ones, and a short last one where the examples do not fill it. */
  function batchesOf(numExamples: number) {
    const { batchSize, epochs } = plan;
    if (numExamples * epochs > MAX_VISITS) {
      throw new RangeError(
        `training expected <= ${MAX_VISITS} visits of examples, got ${epochs} epochs of ${numExamples}; lower the epochs`,
      );
    }
    const fullSteps = Math.floor(numExamples / batchSize);
    const lastBatch = numExamples % batchSize;
    const full = fullSteps > 0 ? trainProgram(batchSize) : undefined;
    const short = lastBatch > 0 ? trainProgram(lastBatch) : undefined;
    return { fullSteps, lastBatch, full, short };
  }

  function start({ params, data, rows, rng }: TrainRequest): Training {
    const numExamples = checkRows(model, data, rows);
    checkTargets(model, data, rows);
    const { batchSize, epochs } = plan;
    const { fullSteps, lastBatch, full, short } = batchesOf(numExamples);
    const stepsPerEpoch = fullSteps + (lastBatch > 0 ? 1 : 0);
    const stepsTotal = stepsPerEpoch * epochs;

    const { inputs } = (full ?? short)!;
    resident.load(data, judged, rows);
    loadOrder(batchOrder(numExamples, epochs, rng));
    loadParams(params);
    if (hasAnchor) arena.f32(anchorAddress, spec.length).set(params);
    const random = inputs.get("random");
    // Key of two words, step 0. Drawn last, and only where a layer draws: other models see the same rng as ever.
    if (random) arena.i32(random.address, 3).set([rng.nextUint32() | 0, rng.nextUint32() | 0, 0]);
    for (const [name, { address, length }] of inputs) {
      if (name.startsWith("state.")) arena.f32(address, length).fill(0);
      if (name.startsWith("hyper.")) arena.f32(address, 1)[0] = hyper[name.slice("hyper.".length)]!;
    }
    takeTotals();

    let stepsDone = 0;
    let lossSum = 0;
    const token = {};
    current = token;

    function assertCurrent(): void {
      if (current !== token) throw new TypeError("this training ended when its trainer was used for something else");
    }

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
          const rowsAddress = order.address + 4 * (epoch * numExamples + step * batchSize);
          const steps = step < fullSteps ? Math.min(until - stepsDone, fullSteps - step) : 1;
          const batch = step < fullSteps ? batchSize : lastBatch;
          engine.run((step < fullSteps ? full : short)!, rowsAddress, batch, steps);
          stepsDone += steps;
          examples += steps * batch;
        }
        const [loss] = takeTotals();
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
        current = undefined;
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
    compile(numExamples) {
      batchesOf(numExamples);
    },
    start,
    train(request) {
      const training = start(request);
      training.run(training.stepsTotal);
      return training.finish();
    },
    evaluate(params, data, rows) {
      takeTotals();
      const numExamples = forEachBatch(evaluationProgram, { params, data, rows, columns: judged });
      const [loss, numCorrect] = takeTotals();
      return { numExamples, loss: loss / numExamples, ...(model.loss.numCorrect && { numCorrect }) };
    },
    predict(params, data, rows) {
      const numRows = checkRows(model, data, rows);
      const predictions = new Float32Array(numRows * model.outputSize);
      forEachBatch(forwardProgram, { params, data, rows, columns: "inputs" }, (outputs, firstRow) => {
        predictions.set(outputs, firstRow * model.outputSize);
      });
      return predictions;
    },
  };
}

interface RowsToRead {
  readonly params: Float32Array;
  readonly data: Dataset;
  readonly rows?: Uint32Array | undefined;
  readonly columns: Columns;
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

function memoize(compile: (batch: number) => Program): (batch: number) => Program {
  const programs = new Map<number, Program>();
  return (batch) => {
    const known = programs.get(batch);
    if (known) return known;
    try {
      const compiled = compile(batch);
      programs.set(batch, compiled);
      return compiled;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`batch of ${batch}: ${error.message}`, { cause: error });
    }
  };
}
