import { createStrategy, type StrategyPlan } from "../../server/strategies/createStrategy.ts";
import type { Contribution, ServerState, Strategy } from "../../server/strategies/strategy.ts";
import { NO_INPUTS } from "./contribution.ts";

type Choice = StrategyPlan["strategy"];

/** A plan of four clients a round, local SGD 0.1 and wide bounds, around the strategy under test. */
export function strategyPlan(strategy: Choice, overrides: Partial<StrategyPlan> = {}): StrategyPlan {
  return {
    strategy,
    aggregation: "mean",
    cohort: { size: 4, overSelection: 1, quorum: 1 },
    maxAbsDelta: 100,
    maxWeight: 1000,
    maxStaleness: 10,
    local: { epochs: 1, batchSize: 1, optimizer: { kind: "sgd", learningRate: 0.1 } },
    ...overrides,
  };
}

export function strategyOf(strategy: Choice, numParams: number, overrides: Partial<StrategyPlan> = {}): Strategy {
  return createStrategy(strategyPlan(strategy, overrides), numParams);
}

/** The state after a round of these updates. */
export async function afterRound(
  strategy: Strategy,
  state: ServerState,
  contributions: readonly Contribution[],
  round = 0,
): Promise<ServerState> {
  const fold = strategy.openRound(state, round);
  for (const contribution of contributions) fold.add(contribution);
  return await fold.finish(NO_INPUTS);
}
