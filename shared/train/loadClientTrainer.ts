import type { ClientTrainer } from "./clientHalf.ts";
import type { ClientTrainerOptions } from "./createClientTrainer.ts";
import { plainHalfOf } from "./halves/plainHalfOf.ts";
import { trainerOfHalf } from "./trainerOfHalf.ts";
import { createTrainingBench } from "./trainingBench.ts";

/**
 * `createClientTrainer` for who counts what is downloaded: the code of strategies that ask more of clients than local training,
 * and of metrics, is loaded when a run has them.
 */
export async function loadClientTrainer(options: ClientTrainerOptions): Promise<ClientTrainer> {
  const { plan, strategy, metrics = [] } = options;
  const bench = createTrainingBench(options);
  const half =
    plainHalfOf(strategy, { bench, plan }) ??
    (await import("./halves/clientHalfOf.ts")).clientHalfOf(strategy, { bench, plan });
  if (metrics.length === 0) return trainerOfHalf(half, { bench });
  const { evaluateRows } = await import("./evaluateRows.ts");
  return trainerOfHalf(half, { bench, evaluate: evaluateRows(bench, metrics) });
}
