import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";

/** The plan of one kind of strategy. */
export type PlanOf<K extends StrategyPlan["kind"]> = Extract<StrategyPlan, { readonly kind: K }>;
