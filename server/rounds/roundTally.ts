import type { Metrics } from "../../shared/protocol/metrics.ts";
import type { Contribution, RoundFold, RoundInputs, ServerState } from "../strategies/strategy.ts";
import { clientFigures, type JudgedClient } from "./clientFigures.ts";

/** The running aggregate of one attempt, and the figures beside it. */
export interface RoundTally {
  /** @throws RangeError, with nothing changed, if the update is beyond the plan's bounds. */
  add(update: Contribution): void;
  finish(inputs: RoundInputs): ServerState | Promise<ServerState>;
  /** `examples`, `trainLoss` weighted by examples over the clients that report a finite one, and what clients judged. */
  metrics(): Metrics;
}

/** A client may report anything finite; what cannot be a loss must not spoil a mean. */
const MAX_LOSS = 1e6;

export function createRoundTally(fold: RoundFold): RoundTally {
  let lossSum = 0;
  let lossWeight = 0;
  const judged: JudgedClient[] = [];
  return {
    add(update) {
      fold.add(update);
      const { clientId, weight, metrics } = update;
      const { trainLoss, evalExamples, evalLoss, evalCorrect } = metrics;
      if (isLoss(evalLoss) && isCount(evalExamples) && evalExamples >= 1) {
        const share = isCount(evalCorrect) ? { accuracy: Math.min(1, evalCorrect / evalExamples) } : {};
        judged.push({ clientId, loss: evalLoss, ...share });
      }
      if (!isLoss(trainLoss)) return;
      lossSum += weight * trainLoss;
      lossWeight += weight;
    },
    finish: (inputs) => fold.finish(inputs),
    metrics: () => ({
      examples: fold.totalWeight,
      ...(lossWeight > 0 ? { trainLoss: lossSum / lossWeight } : {}),
      ...clientFigures(judged),
    }),
  };
}

function isLoss(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= MAX_LOSS;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
