import type { Metric } from "../nn/metrics/metric.ts";
import type { StrategyPlan } from "../protocol/strategyPlan.ts";
import type { ClientTrainer } from "./clientHalf.ts";
import { evaluateRows } from "./evaluateRows.ts";
import { clientHalfOf } from "./halves/clientHalfOf.ts";
import type { LocalPlan } from "./localPlan.ts";
import { trainerOfHalf } from "./trainerOfHalf.ts";
import { createTrainingBench, type TrainingBenchOptions } from "./trainingBench.ts";

export interface ClientTrainerOptions extends TrainingBenchOptions {
  readonly plan: LocalPlan;
  readonly strategy: StrategyPlan;
  /** Those whose states on the rows held out travel as the part "evaluation". */
  readonly metrics?: readonly Metric[];
}

/**
 * The client's half of any strategy, on one engine: synchronous, the same bytes on every machine. Where nothing but the local
 * training is asked for it is that of `createLocalTrainer`, step for step.
 * @throws RangeError, in words for a person, if the strategy cannot be followed with this model or local plan.
 */
export function createClientTrainer(options: ClientTrainerOptions): ClientTrainer {
  const { plan, strategy, metrics = [] } = options;
  const bench = createTrainingBench(options);
  const half = clientHalfOf(strategy, { bench, plan });
  return trainerOfHalf(half, { bench, evaluate: metrics.length > 0 ? evaluateRows(bench, metrics) : undefined });
}
