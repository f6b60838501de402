import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import type { ClientTrainer, ClientUpdate, NamedVectors } from "../../shared/train/clientHalf.ts";
import { createClientTrainer } from "../../shared/train/createClientTrainer.ts";
import { metricStates } from "../../shared/train/evaluateMetrics.ts";
import { standardMetric } from "../../shared/train/standardMetric.ts";
import { testRowsOf, trainRowsOf } from "../population.ts";
import type { Handed } from "./handed.ts";
import type { Judgement } from "./judgement.ts";
import type { Workload } from "./workload.ts";

/** A client as far as its model goes. */
export interface ModelOwner extends Handed {
  readonly client: number;
  /** What it kept from its last round. */
  readonly kept: NamedVectors;
}

export interface TrainRequest extends ModelOwner {
  readonly round: number;
  /** Passes over the client's rows; those of the local plan when absent. */
  readonly epochs?: number | undefined;
}

/** Where one thread trains and judges, one client after the other. */
export interface Station {
  readonly metrics: readonly Metric[];
  /** The order of its examples depends on the seed, the round and the client alone. @throws RangeError if the training diverges. */
  train(request: TrainRequest): ClientUpdate;
  /** One piece of the test set, by these shared params and the private ones that the model begins with. */
  judgePiece(params: Float32Array, piece: number): Judgement;
  /** The rows that a client holds out, by what it would predict with. */
  judgeClient(owner: ModelOwner): Judgement;
}

/** Examples a piece of an evaluation covers. Fixed, so that the sum of the pieces does not depend on the workers. */
const PIECE = 1000;

export function numPieces(test: Dataset): number {
  return Math.ceil(test.numExamples / PIECE);
}

/** @throws RangeError if the strategy cannot be followed with this model or local plan. */
export function createStation(workload: Workload): Station {
  const { plan, privateParams } = workload;
  const model = modelFromDocument(workload.model);
  /** By epochs: one engine each, so that a straggler's shorter training costs a compilation once. */
  const trainers = new Map<number, ClientTrainer>();
  const trainer = trainerOf(plan.epochs);
  const metrics = workload.metrics.map((name) => standardMetric(name, model));
  let last: { readonly shared: Float32Array; readonly whole: Float32Array } | undefined;

  function trainerOf(epochs: number): ClientTrainer {
    let known = trainers.get(epochs);
    if (known === undefined) {
      known = createClientTrainer({ model, plan: { ...plan, epochs }, strategy: workload.strategy });
      trainers.set(epochs, known);
    }
    return known;
  }

  /** With the private params after them; a copy only where a model has any, and then one for all clients of a version. */
  function wholeParams(shared: Float32Array): Float32Array {
    if (privateParams.length === 0) return shared;
    if (last?.shared !== shared) {
      const whole = new Float32Array(shared.length + privateParams.length);
      whole.set(shared);
      whole.set(privateParams, shared.length);
      last = { shared, whole };
    }
    return last.whole;
  }

  function judge(params: Float32Array, data: Dataset, rows: Uint32Array): Judgement {
    const { loss, numCorrect, numExamples } = trainer.evaluate(params, data, rows);
    const states = metricStates({ model, trainer, params, data, rows, metrics });
    return { numExamples, lossSum: loss * numExamples, ...(numCorrect !== undefined && { numCorrect }), states };
  }

  function requestOf({ client, params, handouts, kept }: ModelOwner) {
    const rows = trainRowsOf(workload, client);
    return { params: wholeParams(params), handouts, kept, data: workload.train, rows };
  }

  return {
    metrics,
    train(request) {
      const rng = createRng(workload.seed, "local", request.round, request.client);
      return trainerOf(request.epochs ?? plan.epochs).train({ ...requestOf(request), rng });
    },
    judgePiece(params, piece) {
      const test = workload.test as Dataset;
      const from = piece * PIECE;
      const size = Math.min(PIECE, test.numExamples - from);
      const rows = Uint32Array.from({ length: size }, (_, i) => from + i);
      return judge(wholeParams(params), test, rows);
    },
    judgeClient(owner) {
      return judge(trainer.ownParams(requestOf(owner)), workload.train, testRowsOf(workload, owner.client));
    },
  };
}
