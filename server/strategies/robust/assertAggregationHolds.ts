import type { AggregationPlan } from "../../../shared/protocol/aggregationPlan.ts";
import { assertEnough } from "./assertEnough.ts";

/** Between all pairs of more updates than this distances take too long: 1e6 params and 1,000 updates are 5e11 differences. */
const MOST_IN_PAIRS = 1000;
const IN_PAIRS: readonly string[] = ["nnm", "krum", "multi-krum", "bulyan", "flame"];

/** What a round may end with. */
export interface UpdateCounts {
  /** Fewest updates that may be aggregated. */
  readonly quorum: number;
  /** Most updates that one attempt can have: those that close a round, however many clients are asked. */
  readonly maxUpdates: number;
}

/**
 * Refuses an aggregation that cannot hold for every number of updates that a round may end with, before the run starts.
 * @throws RangeError with the reason.
 */
export function assertAggregationHolds(plan: AggregationPlan, { quorum, maxUpdates }: UpdateCounts): void {
  if (plan === "mean") return;
  for (const step of [...(plan.before ?? []), plan]) {
    assertEnough(step, quorum);
    if (IN_PAIRS.includes(step.kind) && maxUpdates > MOST_IN_PAIRS) {
      throw new RangeError(
        `${step.kind} compares all pairs and expected <= ${MOST_IN_PAIRS} updates, got up to ${maxUpdates}; lower the cohort's size`,
      );
    }
  }
}
