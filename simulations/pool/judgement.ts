import type { Metric, MetricState } from "../../shared/nn/metrics/metric.ts";
import { mergeMetricStates } from "../../shared/train/evaluateMetrics.ts";
import type { Evaluation } from "../../shared/train/localTrainer.ts";

/** How good params are on some rows, in a form that merges. */
export interface Judgement {
  readonly numExamples: number;
  readonly lossSum: number;
  /** Absent for regression. */
  readonly numCorrect?: number;
  /** One a metric of the experiment. */
  readonly states: readonly MetricState[];
}

/** How good each client's own model is on the rows that it holds out. */
export interface ClientJudgements {
  /** Clients with rows held out, ascending, each by itself. */
  readonly clients: readonly Evaluation[];
  /** The metrics' states over the rows of all of them. */
  readonly states: readonly MetricState[];
}

/** The evaluation of rows from that of their pieces, added in the order given, and the metrics' states over them. */
export function sumPieces(
  metrics: readonly Metric[],
  pieces: readonly Judgement[],
): Evaluation & Pick<Judgement, "states"> {
  let numExamples = 0;
  let lossSum = 0;
  let numCorrect: number | undefined = 0;
  for (const piece of pieces) {
    numExamples += piece.numExamples;
    lossSum += piece.lossSum;
    numCorrect = piece.numCorrect === undefined || numCorrect === undefined ? undefined : numCorrect + piece.numCorrect;
  }
  const loss = lossSum / numExamples;
  const states = mergeAll(metrics, pieces);
  return { numExamples, loss, ...(numCorrect !== undefined && { numCorrect }), states };
}

/** Clients apart, their metrics together. */
export function gatherClients(metrics: readonly Metric[], judged: readonly Judgement[]): ClientJudgements {
  const clients = judged.map((judgement) => sumPieces([], [judgement]));
  return { clients, states: mergeAll(metrics, judged) };
}

function mergeAll(metrics: readonly Metric[], judged: readonly Judgement[]): MetricState[] {
  const none = metrics.map((metric) => metric.init());
  return judged.reduce((merged, { states }) => mergeMetricStates(metrics, merged, states), none);
}
