import { assertFinite, assertInteger } from "../../shared/base/assert.ts";
import type { StrategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import { assertBounded } from "./aggregators/assertBounded.ts";
import type { ParamsRange } from "./averageStatistics.ts";
import type { Claim, Contribution, RoundFold, ServerState } from "./strategy.ts";

/** What a plan allows in one round; the exact sums take their grids from it. */
export interface RoundBounds {
  readonly numParams: number;
  readonly maxUpdates: number;
  /** Of one update. */
  readonly maxWeight: number;
  readonly maxAbsDelta: number;
  readonly maxStaleness: number;
  /** Running statistics among the params; none when absent. */
  readonly statistics?: readonly ParamsRange[];
}

/** What a round has folded. */
export interface RoundTally {
  readonly numUpdates: number;
  readonly totalWeight: number;
}

/** The part of a fold that differs from strategy to strategy. */
export interface RoundRule {
  readonly bounds: RoundBounds;
  /** What every update must carry; nothing but its delta when absent. */
  readonly needs?: StrategyNeeds;
  readonly needsBase?: boolean;
  /** As in `RoundFold`; asked again before each fold. */
  check?(claim: Claim): void;
  /** Takes in a checked contribution. */
  fold(contribution: Contribution): void;
  /** Called with at least one update folded. */
  finish(tally: RoundTally): ServerState;
}

/** A round that refuses what is beyond the plan's bounds before anything of it is folded. */
export function checkedRound(rule: RoundRule): RoundFold {
  let numUpdates = 0;
  let totalWeight = 0;
  return {
    get numUpdates() {
      return numUpdates;
    },
    get totalWeight() {
      return totalWeight;
    },
    check: (claim) => rule.check?.(claim),
    add(contribution) {
      if (numUpdates === rule.bounds.maxUpdates) {
        throw new RangeError(`a round expected <= ${numUpdates} updates, got one more; raise the cohort's size`);
      }
      assertContribution(contribution, rule);
      rule.check?.(contribution);
      rule.fold(contribution);
      numUpdates += 1;
      totalWeight += contribution.weight;
    },
    finish() {
      if (numUpdates === 0) throw new RangeError("a round expected at least one update, got none");
      return rule.finish({ numUpdates, totalWeight });
    },
  };
}

function assertContribution(contribution: Contribution, { bounds, needs, needsBase }: RoundRule): void {
  const { numParams, maxWeight, maxAbsDelta, maxStaleness } = bounds;
  assertInteger("weight", contribution.weight, 1, maxWeight);
  assertInteger("staleness", contribution.staleness, 0, maxStaleness);
  assertBounded("delta", contribution.delta, { length: numParams, maxAbs: maxAbsDelta });
  if (needsBase) {
    if (contribution.base === undefined) throw new TypeError('"base" expected the params trained from, got none');
    assertBounded("base", contribution.base, { length: numParams, maxAbs: Number.MAX_VALUE });
  }
  for (const { name, numElements, maxAbs, isIndex } of needs?.parts ?? []) {
    const part = contribution.parts.get(name);
    if (part === undefined) throw new TypeError(`"${name}" expected a part of the update, got none`);
    assertBounded(name, part, { length: numElements, maxAbs });
    if (isIndex) for (const value of part) assertInteger(name, value, 0);
  }
  for (const name of needs?.metrics ?? []) assertFinite(name, contribution.metrics[name] ?? Number.NaN, 0);
}
