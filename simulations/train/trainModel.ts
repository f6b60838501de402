import type { SourceData } from "../../datasets/sourceData.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Model } from "../../shared/models/model.ts";
import { paramsHash } from "../../shared/params/paramsHash.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import { createJudge, type Judgement } from "./judge.ts";

export interface TrainOptions {
  readonly model: Model;
  readonly plan: LocalPlan;
  readonly data: Pick<SourceData, "train" | "validation" | "test">;
  /** Decides the initial params, the order of examples and what layers draw. */
  readonly seed: number;
  /** Params to start from, in place of fresh ones. */
  readonly from?: Float32Array;
  /** Epochs between two evaluations; the last is always evaluated. 0: no other is. */
  readonly evaluateEvery: number;
  /** Stops after the chunk of steps that runs. */
  readonly signal?: AbortSignal;
  onProgress?(progress: TrainingProgress): void;
  onEpoch?(line: EpochLine): void;
}

export interface TrainingProgress {
  readonly stepsDone: number;
  readonly stepsTotal: number;
  readonly loss: number;
  readonly examplesPerSecond: number;
}

/** What the sets that are not trained on say, by name: testAccuracy, validationLoss, ... */
export type Judgements = {
  readonly [Key in `${"test" | "validation"}${Capitalize<keyof Judgement>}`]?: number;
};

/** One epoch, as `--json` and epochs.jsonl show it. `seconds` and `examplesPerSecond` depend on the machine. */
export interface EpochLine extends Judgements {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss over the epoch's examples, each at the moment it was trained on. */
  readonly trainLoss: number;
  /** Since the start, evaluations included. */
  readonly seconds: number;
  /** While training, without evaluations. */
  readonly examplesPerSecond: number;
}

/** The last line. */
export interface TrainSummary extends Judgements {
  readonly summary: true;
  /** Completed ones. */
  readonly epochs: number;
  readonly steps: number;
  readonly stopped: "epochs" | "interrupted";
  readonly seconds: number;
  readonly examplesPerSecond: number;
  readonly paramsHash: ContentHash;
}

export interface TrainedModel {
  /** [model.spec.length] */
  readonly params: Float32Array;
  readonly summary: TrainSummary;
}

/** So often within an epoch is progress told and an abort seen. */
const CHUNKS_AN_EPOCH = 200;

/**
 * Trains one model centrally, in this thread: one local training over all epochs, so that the optimizer keeps its state, run a
 * chunk of steps at a time. The same seed gives the same params on every machine.
 * @throws RangeError if the training diverges.
 */
export async function trainModel(options: TrainOptions): Promise<TrainedModel> {
  const { model, plan, data, seed, evaluateEvery, signal } = options;
  const judge = createJudge(model);
  const trainer = createLocalTrainer({ model, plan });
  const training = trainer.start({
    params: options.from ?? model.init(createRng(seed, "init")),
    data: data.train,
    rng: createRng(seed, "train"),
  });
  const { stepsTotal } = training;
  const stepsPerEpoch = stepsTotal / plan.epochs;
  const chunk = Math.ceil(stepsPerEpoch / CHUNKS_AN_EPOCH);
  const startedAt = performance.now();
  let trainingMs = 0;
  let examplesDone = 0;
  let stepsDone = 0;
  let judgements: Judgements = {};

  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const speed = (): number => (trainingMs > 0 ? Math.round((1000 * examplesDone) / trainingMs) : 0);
  const evaluate = (): Judgements => judgeAll(data, (set) => judge(training.params(), set));

  let epoch = 0;
  while (epoch < plan.epochs && !signal?.aborted) {
    let lossSum = 0;
    let examples = 0;
    while (stepsDone < (epoch + 1) * stepsPerEpoch && !signal?.aborted) {
      const left = (epoch + 1) * stepsPerEpoch - stepsDone;
      const before = performance.now();
      const { loss, stepsDone: now } = training.run(Math.min(chunk, left));
      trainingMs += performance.now() - before;
      const isLast = now === (epoch + 1) * stepsPerEpoch;
      const seen = isLast ? data.train.numExamples - examples : (now - stepsDone) * plan.batchSize;
      stepsDone = now;
      examples += seen;
      examplesDone += seen;
      lossSum += loss * seen;
      options.onProgress?.({ stepsDone, stepsTotal, loss, examplesPerSecond: speed() });
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (stepsDone < (epoch + 1) * stepsPerEpoch) break;
    epoch++;
    const isJudged = epoch === plan.epochs || (evaluateEvery > 0 && epoch % evaluateEvery === 0);
    if (isJudged) judgements = evaluate();
    options.onEpoch?.({
      ...{ epoch, trainLoss: lossSum / examples },
      ...(isJudged && judgements),
      ...{ seconds: seconds(), examplesPerSecond: speed() },
    });
  }
  const isDone = epoch === plan.epochs;
  if (!isDone) judgements = evaluate();
  const params = training.params();
  return {
    params,
    summary: {
      ...{ summary: true, epochs: epoch, steps: stepsDone, stopped: isDone ? "epochs" : "interrupted" },
      ...judgements,
      ...{ seconds: seconds(), examplesPerSecond: speed(), paramsHash: hashOf(model, params) },
    },
  };
}

/** What `judge` says of each set, under the set's name. */
export function judgeAll(data: TrainOptions["data"], judge: (set: Dataset) => Judgement): Judgements {
  const named = (["validation", "test"] as const).flatMap((name) => {
    const set = data[name];
    if (!set || !hasTargets(set)) return [];
    return Object.entries(judge(set)).map(([what, value]) => [
      `${name}${what[0]!.toUpperCase()}${what.slice(1)}`,
      value,
    ]);
  });
  return Object.fromEntries(named);
}

/** Whether any position counts: a graph may have no node to validate on. */
function hasTargets({ targets }: Dataset): boolean {
  return targets instanceof Float32Array || targets.some((label: number) => label >= 0);
}

export function hashOf(model: Model, params: Float32Array): ContentHash {
  return paramsHash(model.spec, params, nodeSha256);
}
