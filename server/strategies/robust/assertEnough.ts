import type { NormBound, PreStepPlan, RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";

/** Fewest updates for which a rule or pre-step is defined, and where the count comes from; f are the hostile ones. */
type Need = readonly [count: number, formula: string];

/** @throws RangeError with the reason if a rule or pre-step is not defined for so many updates. */
export function assertEnough(step: RobustPlan | PreStepPlan, numUpdates: number): void {
  const [count, formula] = needOf(step);
  if (numUpdates >= count) return;
  const given = "byzantine" in step ? ` with byzantine ${step.byzantine}` : "";
  throw new RangeError(
    `${step.kind}${given} expected >= ${count} updates (${formula}), got ${numUpdates}; raise the quorum${adviceOn(step)}`,
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
    case "norm-bound":
      return needOfBound(step.bound);
    default:
      return [1, "any"]; // what one update may do is bounded by something else: "tau" or the root delta
  }
}

/**
 * A bound from the lengths of the round itself is none where `quantileOf` gives the longest of them: then one hostile update
 * has whatever length it likes. A given bound, and one that only follows the quantile, hold for any number.
 */
function needOfBound(bound: NormBound): Need {
  if (!("quantile" in bound) || "initial" in bound) return [1, "any"];
  if (bound.quantile === 1) {
    throw new RangeError(
      'norm-bound expected a quantile below 1: with 1 the longest update sets the bound, and nothing is cut; lower "quantile"',
    );
  }
  // Rounding as in `quantileOf`.
  const count = Math.ceil((1 - 1e-9) / (1 - bound.quantile));
  return [Math.max(2, count), "1 / (1 - quantile): of fewer the longest sets the bound"];
}

function adviceOn(step: RobustPlan | PreStepPlan): string {
  if ("byzantine" in step) return " or lower byzantine";
  return step.kind === "norm-bound" ? " or lower the quantile" : "";
}
