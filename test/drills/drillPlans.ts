import { expect } from "vitest";
import type { StoredEvent } from "../../server/store/store.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";

/** Each leaves something else in the journal, from which a restart goes on. */
export const DRILL_PLANS = ["fedavg", "fedadam", "scaffold", "fedbuff"] as const;
export type DrillPlan = (typeof DRILL_PLANS)[number];

/** Members of a drill's round, and updates that make a commit. */
export const COHORT_SIZE = 6;

/** @throws RangeError for a name that is none of these. */
export function parseDrillPlan(name: string): DrillPlan {
  const plan = DRILL_PLANS.find((one) => one === name);
  if (plan === undefined) throw new RangeError(`PLAN expected ${DRILL_PLANS.join(", ")} or nothing, got ${name}`);
  return plan;
}

export function strategyOf(plan: DrillPlan, numClients: number): StrategyPlan {
  switch (plan) {
    case "fedavg":
      return { kind: "fedavg" };
    case "fedadam":
      return { kind: "fedadam", learningRate: 0.01 };
    case "scaffold":
      return { kind: "scaffold", population: numClients };
    case "fedbuff":
      // More work than make a commit, so that some go on with theirs from one commit to the next.
      return { kind: "fedbuff", concurrency: Math.max(COHORT_SIZE + 2, Math.floor(0.6 * numClients)) };
  }
}

/** What a plan has beside FedAvg's events is in the journal: else the drill did not come by it. */
export function expectTraces(plan: DrillPlan, events: readonly StoredEvent[]): void {
  const kept = { state: 0, handouts: 0, carried: 0 };
  for (const { event } of events) {
    if (event.kind === "round-committed" && event.stateHash !== undefined) kept.state++;
    if (event.kind !== "round-opened") continue;
    if (event.handouts !== undefined) kept.handouts++;
    kept.carried += event.members.filter(({ base }) => base !== undefined && base.round !== event.round).length;
  }
  const expected = {
    state: plan === "fedadam" || plan === "scaffold",
    handouts: plan === "scaffold",
    carried: plan === "fedbuff",
  };
  expect({ state: kept.state > 0, handouts: kept.handouts > 0, carried: kept.carried > 0 }).toEqual(expected);
}
