import type { Dataset } from "../data/dataset.ts";
import type { Model } from "../models/model.ts";
import type { Metric, MetricState } from "../nn/metrics/metric.ts";
import type { LocalTrainer } from "./localTrainer.ts";
import { metricValues } from "./metricValues.ts";

export interface MetricsRequest {
  readonly model: Model;
  /** A trainer of that model. */
  readonly trainer: Pick<LocalTrainer, "predict">;
  /** [model.spec.length] */
  readonly params: Float32Array;
  readonly data: Dataset;
  /** All rows when absent. */
  readonly rows?: Uint32Array | undefined;
  readonly metrics: readonly Metric[];
}

export interface EvaluatedMetrics {
  /** One a metric, in their order: those of other rows may be merged into them. */
  readonly states: readonly MetricState[];
  /** What the states come to, as `metricValues` names it. */
  readonly values: Readonly<Record<string, number>>;
}

/** Rows whose outputs are held at once. */
const PIECE = 250;

/**
 * Judges a model by several metrics in one pass over the rows. A row of a metric is an example; where an example has several
 * positions with a class, or several yes-or-no answers, each of them is one.
 * @throws RangeError for no rows, data that does not fit the model or the metrics, or outputs that are not finite.
 */
export function evaluateMetrics(request: MetricsRequest): EvaluatedMetrics {
  const { metrics } = request;
  const states = metricStates(request);
  return { states, values: metricValues(metrics, states) };
}

/** The states alone, for whoever merges them first. @throws RangeError as `evaluateMetrics`. */
export function metricStates({ model, trainer, params, data, rows, metrics }: MetricsRequest): MetricState[] {
  const numRows = rows?.length ?? data.numExamples;
  const states = metrics.map((metric) => metric.init());
  if (metrics.length === 0) return states;
  const isOneRow = model.loss.prediction === "values";
  for (let first = 0; first < numRows; first += PIECE) {
    const size = Math.min(PIECE, numRows - first);
    const piece = rows?.subarray(first, first + size) ?? Uint32Array.from({ length: size }, (_, i) => first + i);
    const outputs = trainer.predict(params, data, piece);
    const targets = targetsOf(data, piece);
    const batch = { numRows: isOneRow ? size : targets.length, outputs, targets };
    for (const [i, metric] of metrics.entries()) states[i] = metric.update(states[i]!, batch);
  }
  return states;
}

/** The states of the rows of both. @throws RangeError if they are not states of these metrics. */
export function mergeMetricStates(
  metrics: readonly Metric[],
  a: readonly MetricState[],
  b: readonly MetricState[],
): MetricState[] {
  return metrics.map((metric, i) => metric.merge(a[i]!, b[i]!));
}

/** The targets of some rows, [rows, targetSize]. */
function targetsOf({ targets, targetSize }: Dataset, rows: Uint32Array): Dataset["targets"] {
  const taken = new (targets.constructor as new (length: number) => typeof targets)(rows.length * targetSize);
  for (const [i, row] of rows.entries()) {
    taken.set(targets.subarray(row * targetSize, (row + 1) * targetSize), i * targetSize);
  }
  return taken;
}
