import type { ClientTrainer } from "./clientHalf.ts";
import type { ClientTrainerOptions } from "./createClientTrainer.ts";
import { plainHalfOf } from "./halves/plainHalfOf.ts";
import { trainerOfHalf } from "./trainerOfHalf.ts";
import { createTrainingBench } from "./trainingBench.ts";

/**
 * `createClientTrainer` for who counts what is downloaded: the code of strategies that ask more of clients than local training is
 * loaded when a run has one.
 */
export async function loadClientTrainer(options: ClientTrainerOptions): Promise<ClientTrainer> {
  const { plan, strategy } = options;
  const bench = createTrainingBench(options);
  const half =
    plainHalfOf(strategy, { bench, plan }) ??
    (await import("./halves/clientHalfOf.ts")).clientHalfOf(strategy, { bench, plan });
  return trainerOfHalf(half, { ...options, bench });
}
