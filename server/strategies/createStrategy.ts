import { assertInteger } from "../../shared/base/assert.ts";
import type { StrategyPlan as StrategyChoice } from "../../shared/protocol/strategyPlan.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import { selectionSize } from "../rounds/cohortSampler.ts";
import { weightedMean } from "./aggregators/weightedMean.ts";
import { fedOpt } from "./fedOpt.ts";
import { sgd } from "./sgd.ts";
import type { Strategy } from "./strategy.ts";

/** What a strategy needs to know of a run's plan. */
export interface StrategyPlan {
  readonly strategy: StrategyChoice;
  readonly aggregation: "mean";
  readonly cohort: {
    /** Updates that close a round. */
    readonly size: number;
    /** Clients selected per update wanted, >= 1. */
    readonly overSelection: number;
  };
  /** Largest |delta| that is accepted. */
  readonly maxAbsDelta: number;
  /** Largest example count that counts for one client. */
  readonly maxWeight: number;
  /** Commits that an update may lie behind. */
  readonly maxStaleness: number;
  readonly local: LocalPlan;
}

/**
 * The strategy that a plan names. The bounds of its exact fold follow from the plan alone, so the coordinator, the
 * simulator and `verify` get the same bytes.
 * @throws RangeError if the plan's weights are too large for the fold to be exact.
 */
export function createStrategy(plan: StrategyPlan, numParams: number): Strategy {
  const cohortSize = selectionSize(plan.cohort.size, plan.cohort.overSelection);
  const maxTotalWeight = cohortSize * plan.maxWeight;
  assertInteger("cohort x maxWeight", maxTotalWeight, 1);
  switch (plan.strategy.kind) {
    case "fedavg":
      return fedOpt(
        () => weightedMean({ numParams, maxAbsDelta: plan.maxAbsDelta, maxTotalWeight }),
        sgd({ learningRate: 1 }),
      );
    default:
      throw new TypeError(`"strategy.kind" expected fedavg, got ${JSON.stringify(plan.strategy.kind)}`);
  }
}
