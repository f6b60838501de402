import { trainerOn } from "../createLocalTrainer.ts";
import type { ClientHalf, HalfOptions, HalfTraining, HalfUpdate } from "./half.ts";

export interface PlainHalfOptions extends HalfOptions {
  /**
   * What the update reports beside its loss: "numSteps", or "startLoss", the mean loss of the received params on the rows that
   * are trained on.
   */
  readonly metric?: "numSteps" | "startLoss";
  /** One step on all examples together, in parts of the plan's batch size: FedSGD. */
  readonly isOneBatch?: boolean;
}

/** Local training and nothing else: FedAvg and whatever differs from it on the server only. */
export function plainHalf({ bench, plan, metric, isOneBatch = false }: PlainHalfOptions): ClientHalf {
  const ownPlan = isOneBatch ? { ...plan, microBatchSize: plan.microBatchSize ?? plan.batchSize } : plan;
  const trainer = trainerOn(bench, { plan: ownPlan, isOneBatch });
  return {
    keeps: {},
    compile: trainer.compile,
    begin: (request) => ({
      own: request.params,
      start(rng) {
        if (metric === undefined) return trainer.start({ ...request, rng });
        const { params, data, rows } = request;
        const startLoss = metric === "startLoss" ? trainer.evaluate(params, data, rows).loss : 0;
        return reporting(trainer.start({ ...request, rng }), ({ numSteps }) =>
          metric === "startLoss" ? { startLoss } : { numSteps },
        );
      },
    }),
  };
}

function reporting(training: HalfTraining, metrics: (update: HalfUpdate) => Record<string, number>): HalfTraining {
  const finish = (): HalfUpdate => {
    const update = training.finish();
    return { ...update, metrics: metrics(update) };
  };
  return { ...training, finish };
}
