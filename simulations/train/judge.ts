import { log } from "../../shared/base/math.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Model } from "../../shared/models/model.ts";
import { accuracy } from "../../shared/nn/metrics/accuracy.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import { perplexity } from "../../shared/nn/metrics/perplexity.ts";
import { rSquared } from "../../shared/nn/metrics/rSquared.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { metricStates } from "../../shared/train/evaluateMetrics.ts";

/** How good params are on a data set. */
export interface Judgement {
  /** Mean loss of an example; of a position that has a target, for models with a class at each. */
  readonly loss: number;
  /** Share of the examples, or of all their positions that have a target, that is right. */
  readonly accuracy?: number;
  /** exp of the mean cross-entropy of a position, for models with a class at each. */
  readonly perplexity?: number;
  /** Share of the targets' variance that is explained, for models of one number. */
  readonly rSquared?: number;
}

export type Judge = (params: Float32Array, data: Dataset) => Judgement;

/** Judges a model's params; owns one engine instance. */
export function createJudge(model: Model): Judge {
  const plan = { epochs: 1, batchSize: 1, optimizer: { kind: "sgd", learningRate: 1 } } as const;
  const trainer = createLocalTrainer({ model, plan });
  const { loss, outputShape, outputSize } = model;
  // Their loss is then the logarithm of the perplexity, so that one pass will do.
  const hasPositions = model.document.loss === "softmaxCrossEntropy" && outputShape.length > 1;
  const isOneNumber = loss.prediction === "values" && outputSize === 1 && loss.targets(1, outputShape) !== undefined;

  function finish(metrics: readonly Metric<number>[], params: Float32Array, data: Dataset): number[] {
    const states = metricStates({ model, trainer, params, data, metrics });
    return metrics.map((metric, i) => metric.finish(states[i]!));
  }

  return (params, data) => {
    if (hasPositions) {
      const ignored = { ignoreIndex: -1 };
      const [share, unsureness] = finish([accuracy(ignored), perplexity(ignored)], params, data);
      return { loss: log(unsureness!), accuracy: share!, perplexity: unsureness! };
    }
    const { loss: mean, numCorrect, numExamples } = trainer.evaluate(params, data);
    const explained = isOneNumber ? finish([rSquared()], params, data)[0] : undefined;
    return {
      loss: mean,
      ...(numCorrect !== undefined && { accuracy: numCorrect / numExamples }),
      ...(explained !== undefined && { rSquared: explained }),
    };
  };
}
