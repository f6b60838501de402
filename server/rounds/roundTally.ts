import type { Metric, MetricState } from "../../shared/nn/metrics/metric.ts";
import { JUDGED_STALENESS } from "../../shared/protocol/evaluationPlan.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import { mergeMetricStates } from "../../shared/train/evaluateMetrics.ts";
import { decodeEvaluation } from "../../shared/train/evaluationPart.ts";
import { metricValues } from "../../shared/train/metricValues.ts";
import type { Claim, Contribution, RoundFold, RoundInputs, ServerState } from "../strategies/strategy.ts";
import { strategyParts } from "../strategies/strategyParts.ts";
import { clientFigures, type JudgedClient } from "./clientFigures.ts";

/** The running aggregate of one attempt, and the figures beside it. */
export interface RoundTally {
  /** @throws RangeError if the strategy could not compute with an update that says this. */
  check(claim: Claim): void;
  /** @throws RangeError, with nothing changed, if the update is beyond the plan's bounds. */
  add(update: Contribution): void;
  finish(inputs: RoundInputs): ServerState | Promise<ServerState>;
  /**
   * `examples`, `trainLoss` weighted by examples over the clients that report a finite one, and what clients judged: of an
   * asynchronous round those whose params were the newest, since older ones say nothing of how far the run is;
   * `judgedStaleness`, if above 0, is by how many commits these lie behind what the round started from.
   */
  metrics(): Metrics;
}

/** A client may report anything finite; what cannot be a loss must not spoil a mean. */
const MAX_LOSS = 1e6;
/** Figures of merged metrics that a commit takes. */
const MAX_MERGED = 12;

/** @param metrics those whose states the part "evaluation" of an update holds. */
export function createRoundTally(fold: RoundFold, metrics: readonly Metric[]): RoundTally {
  let lossSum = 0;
  let lossWeight = 0;
  let judged: JudgedClient[] = [];
  const none = metrics.map((metric) => metric.init());
  let states: readonly MetricState[] = none;
  /** Commits that the params of `judged` lie behind. */
  let staleness = Number.POSITIVE_INFINITY;

  function judge({ clientId, metrics: figures }: Contribution, evaluation: Float32Array | undefined): void {
    if (evaluation !== undefined) states = mergeMetricStates(metrics, states, decodeEvaluation(metrics, evaluation));
    const { evalExamples, evalLoss, evalCorrect } = figures;
    if (!(isLoss(evalLoss) && isCount(evalExamples) && evalExamples >= 1)) return;
    const share = isCount(evalCorrect) ? { accuracy: Math.min(1, evalCorrect / evalExamples) } : {};
    judged.push({ clientId, loss: evalLoss, ...share });
  }

  return {
    check: (claim) => fold.check?.(claim),
    add(update) {
      const { weight, parts } = update;
      const evaluation = metrics.length > 0 ? parts.get("evaluation") : undefined;
      fold.add(evaluation === undefined ? update : { ...update, parts: strategyParts(parts) });
      if (update.staleness < staleness) {
        staleness = update.staleness;
        judged = [];
        states = none;
      }
      if (update.staleness === staleness) judge(update, evaluation);
      const { trainLoss } = update.metrics;
      if (!isLoss(trainLoss)) return;
      lossSum += weight * trainLoss;
      lossWeight += weight;
    },
    finish: (inputs) => fold.finish(inputs),
    metrics: () => ({
      examples: fold.totalWeight,
      ...(lossWeight > 0 ? { trainLoss: lossSum / lossWeight } : {}),
      ...(staleness > 0 && Number.isFinite(staleness) && { [JUDGED_STALENESS]: staleness }),
      ...clientFigures(judged),
      ...merged(metrics, states),
    }),
  };
}

/**
 * "clientsAccuracy", "clientsPrecisionRecallF1F1Macro": over the rows of all clients together. Entries of tables and of single
 * classes ("confusionMatrix.3.5") are left out: a commit has no room for them.
 */
function merged(metrics: readonly Metric[], states: readonly MetricState[]): Metrics {
  const values = Object.entries(metricValues(metrics, states)).filter(
    ([name, value]) => Number.isFinite(value) && !/\.\d+$/.test(name),
  );
  const named = values.map(([name, value]) => {
    const words = name.split(/[^A-Za-z0-9]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    return [`clients${words.join("")}`.slice(0, 40), value] as const;
  });
  return Object.fromEntries(named.slice(0, MAX_MERGED));
}

function isLoss(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= MAX_LOSS;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
