import { askedNames } from "./askedFacts.ts";
import type { DeviceFacts } from "./deviceFacts.ts";
import type { RunPlan } from "./runPlan.ts";
import { strategyNeeds, updateParts } from "./strategyNeeds.ts";

/** What leaves a device in each round beside its example count, its training loss and its public key. */
export interface Leaving {
  /** Elements of the delta and of all that goes with it. */
  readonly numNumbers: number;
  /** Figures that the strategy needs. */
  readonly figures: readonly string[];
  /** Whether it tells how well the received params do on rows that it holds out. */
  readonly isJudged: boolean;
  /** What the run asks about the device. */
  readonly device: readonly (keyof DeviceFacts)[];
}

/** For a person who is to agree to it. */
export function whatLeaves(plan: Pick<RunPlan, "strategy" | "evaluation" | "cohort">, numParams: number): Leaving {
  return {
    numNumbers: updateParts(plan, numParams).reduce((sum, { numElements }) => sum + numElements, numParams),
    figures: strategyNeeds(plan.strategy, numParams).metrics,
    isJudged: plan.evaluation !== undefined,
    device: askedNames(plan.cohort.eligibility),
  };
}
