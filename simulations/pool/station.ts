import type { Dataset } from "../../shared/data/dataset.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import { personalLayout } from "../../shared/params/personalLayout.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { metricStates } from "../../shared/train/evaluateMetrics.ts";
import type { LocalUpdate } from "../../shared/train/localTrainer.ts";
import { standardMetric } from "../../shared/train/standardMetric.ts";
import { testRowsOf } from "../population.ts";
import type { Judgement } from "./judgement.ts";
import { trainClient, type Workload } from "./workload.ts";

/** A client as far as its model goes. */
export interface ModelOwner {
  readonly client: number;
  /** Its personal params; those that the model begins with when absent. */
  readonly personal?: Float32Array | undefined;
}

export interface StationUpdate extends Omit<LocalUpdate, "privateParams"> {
  /** The client's personal params after the training, where the model has any. */
  readonly personal?: Float32Array;
}

/** Where one thread trains and judges, one client after the other. */
export interface Station {
  readonly metrics: readonly Metric[];
  /** The published shared params, in the memory given. @throws RangeError if the training diverges. */
  train(job: ModelOwner & { readonly round: number }): StationUpdate;
  /** One piece of the test set, with the private params that the model begins with. */
  judgePiece(piece: number): Judgement;
  /** The rows that a client holds out, with its own model. */
  judgeClient(owner: ModelOwner): Judgement;
}

/** Examples a piece of an evaluation covers. Fixed, so that the sum of the pieces does not depend on the workers. */
const PIECE = 1000;

export function numPieces(test: Dataset): number {
  return Math.ceil(test.numExamples / PIECE);
}

/**
 * Makes a station. `params` [spec.length] begins with the shared params, which the caller replaces between jobs, and ends with
 * the private ones that the model begins with.
 */
export function createStation(workload: Workload, params: () => Float32Array): Station {
  const model = modelFromDocument(workload.model);
  const trainer = createLocalTrainer({ model, plan: workload.plan });
  const metrics = workload.metrics.map((name) => standardMetric(name, model));
  const layout = personalLayout(model.spec);
  const own = layout.length > 0 ? new Float32Array(model.spec.length) : undefined;

  /** The whole params of a client: a copy only where clients differ in more than the shared ones. */
  function paramsOf({ personal }: ModelOwner): Float32Array {
    if (own === undefined || personal === undefined) return params();
    own.set(params());
    layout.place(own, personal);
    return own;
  }

  function judge(judged: Float32Array, data: Dataset, rows: Uint32Array): Judgement {
    const { loss, numCorrect, numExamples } = trainer.evaluate(judged, data, rows);
    const states = metricStates({ model, trainer, params: judged, data, rows, metrics });
    return { numExamples, lossSum: loss * numExamples, ...(numCorrect !== undefined && { numCorrect }), states };
  }

  return {
    metrics,
    train(job) {
      const { privateParams, ...update } = trainClient(trainer, workload, paramsOf(job), job);
      return own === undefined ? update : { ...update, personal: layout.take(privateParams as Float32Array) };
    },
    judgePiece(piece) {
      const test = workload.test as Dataset;
      const from = piece * PIECE;
      const size = Math.min(PIECE, test.numExamples - from);
      return judge(
        params(),
        test,
        Uint32Array.from({ length: size }, (_, i) => from + i),
      );
    },
    judgeClient: (owner) => judge(paramsOf(owner), workload.train, testRowsOf(workload, owner.client)),
  };
}
