import type { Metric } from "../nn/metrics/metric.ts";
import { createJudge } from "./createJudge.ts";
import { metricStates } from "./evaluateMetrics.ts";
import { encodeEvaluation } from "./evaluationPart.ts";
import type { EvaluateRows } from "./trainerOfHalf.ts";
import type { TrainingBench } from "./trainingBench.ts";

/** Judges rows by some metrics; their states as the part of an update that carries them. */
export function evaluateRows(bench: TrainingBench, metrics: readonly Metric[]): EvaluateRows {
  const { model } = bench;
  const trainer = createJudge(bench);
  return (params, data, rows) =>
    encodeEvaluation(metrics, metricStates({ model, trainer, params, data, rows, metrics }));
}
