import type { PreStepPlan, RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";

/** Fewest updates for which a rule or pre-step is defined, and where the count comes from; f are the hostile ones. */
type Need = readonly [count: number, formula: string];

/** @throws RangeError with the reason if a rule or pre-step is not defined for so many updates. */
export function assertEnough(step: RobustPlan | PreStepPlan, numUpdates: number): void {
  const [count, formula] = needOf(step);
  if (numUpdates >= count) return;
  const [given, advice] = "byzantine" in step ? [` with byzantine ${step.byzantine}`, " or lower byzantine"] : ["", ""];
  throw new RangeError(
    `${step.kind}${given} expected >= ${count} updates (${formula}), got ${numUpdates}; raise the quorum${advice}`,
  );
}

function needOf(step: RobustPlan | PreStepPlan): Need {
  const f = "byzantine" in step ? step.byzantine : 0;
  switch (step.kind) {
    case "krum":
      return [2 * f + 3, "2f + 3"];
    case "multi-krum": {
      const wanted = (step.selected ?? 0) + f;
      return wanted > 2 * f + 3 ? [wanted, "selected + f"] : [2 * f + 3, "2f + 3"];
    }
    case "bulyan":
      return [4 * f + 3, "4f + 3"];
    case "trimmed-mean":
    case "arc":
    case "nnm":
      return [2 * f + 1, "2f + 1"];
    case "median":
    case "geometric-median":
    case "flame":
      return [3, "two against one"];
    default:
      return [1, "any"];
  }
}
