import { assertInteger } from "../../shared/base/assert.ts";
import type { AggregationPlan, RobustPlan } from "../../shared/protocol/aggregationPlan.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { StrategyPlan as StrategyChoice } from "../../shared/protocol/strategyPlan.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import { selectionSize } from "../rounds/cohort/selectionSize.ts";
import { afl } from "./afl.ts";
import { MAX_WEIGHT, weightedMean } from "./aggregators/weightedMean.ts";
import type { ParamsRange } from "./averageStatistics.ts";
import type { RoundBounds } from "./checkedRound.ts";
import { fedAsync } from "./fedAsync.ts";
import { fedBuff } from "./fedBuff.ts";
import { fedDyn } from "./fedDyn.ts";
import { fedNova } from "./fedNova.ts";
import { fedOpt } from "./fedOpt.ts";
import { hierarchical } from "./hierarchical.ts";
import { ifca } from "./ifca.ts";
import { adaptive } from "./optimizers/adaptive.ts";
import { momentumSgd } from "./optimizers/momentum.ts";
import { sgd } from "./optimizers/sgd.ts";
import { assertPlainSgd } from "./plainSgd.ts";
import { qFedAvg } from "./qFedAvg.ts";
import { assertAggregationHolds } from "./robust/assertAggregationHolds.ts";
import { createRobustRule } from "./robust/createRobustRule.ts";
import { inlineTiles } from "./robust/inlineTiles.ts";
import type { TileRunner } from "./robust/tileCall.ts";
import type { ReadStored } from "./robust/updateRows.ts";
import { type RobustFoldOptions, robustFold } from "./robustFold.ts";
import { scaffold } from "./scaffold.ts";
import type { ServerOptimizer } from "./serverOptimizer.ts";
import type { Strategy } from "./strategy.ts";

/** What a strategy needs to know of a run's plan. */
export interface StrategyPlan {
  readonly strategy: StrategyChoice;
  readonly aggregation: AggregationPlan;
  readonly cohort: {
    /** Updates that close a round. */
    readonly size: number;
    /** Clients selected per update wanted, >= 1. */
    readonly overSelection: number;
    /** Fewest updates that may be aggregated. */
    readonly quorum: number;
  };
  /** Largest |delta| that is accepted. */
  readonly maxAbsDelta: number;
  /** Largest example count that counts for one client. */
  readonly maxWeight: number;
  /** Commits that an update may lie behind. */
  readonly maxStaleness: number;
  readonly local: LocalPlan;
}

/** The strategies whose server takes a step along the aggregated delta and asks for nothing else. */
const STEPS_ALONG_ONE_DELTA: readonly StrategyChoice["kind"][] = [
  "fedavg",
  "fedavgm",
  "fedadagrad",
  "fedadam",
  "fedyogi",
  "fedsgd",
];

export interface StrategyOptions {
  /** Where a robust rule passes over the coordinates; in the caller's thread when absent. */
  readonly tiles?: TileRunner;
  /** Reads deltas that lie in files, for a robust rule; when absent those of a round stay in memory. */
  readonly readStored?: ReadStored;
  /** Bytes of a round's deltas that stay in memory all the same; see `robustFold`. */
  readonly memoryBytes?: number | undefined;
  /**
   * Running statistics among the params (the shared entries of kind "statistic"): no strategy moves them further than
   * the clients did. None when absent.
   */
  readonly statistics?: readonly ParamsRange[];
  /** Fresh params for a further model, by its name; IFCA scatters its first model's when absent. */
  readonly furtherStart?: (name: string) => Float32Array;
}

/**
 * The strategy that a plan names. The bounds of its exact fold follow from the plan alone, so the coordinator, the
 * simulator and `verify` get the same bytes.
 * @throws RangeError if the plan's weights are too large for the fold to be exact, or its members do not go together.
 */
export function createStrategy(
  plan: StrategyPlan,
  numParams: number,
  { tiles = inlineTiles, readStored, memoryBytes, statistics = [], furtherStart }: StrategyOptions = {},
): Strategy {
  const { strategy, aggregation, local, maxAbsDelta, maxWeight, maxStaleness } = plan;
  const maxUpdates = selectionSize(plan.cohort.size, plan.cohort.overSelection);
  const maxTotalWeight = maxUpdates * maxWeight;
  assertInteger("cohort x maxWeight", maxTotalWeight, 1);
  const bounds: RoundBounds = { numParams, maxUpdates, maxWeight, maxAbsDelta, maxStaleness, statistics };
  assertAggregationHolds(aggregation, { quorum: plan.cohort.quorum, maxUpdates: plan.cohort.size });
  const stepOf = (serverOptimizer: ServerOptimizer): Strategy => {
    if (aggregation !== "mean")
      return robustFedOpt(aggregation, serverOptimizer, { bounds, tiles, readStored, memoryBytes });
    assertInteger("maxWeight", maxWeight, 1, MAX_WEIGHT); // before the run, not when a client claims more
    return fedOpt(() => weightedMean({ numParams, maxAbsDelta, maxTotalWeight }), serverOptimizer, { statistics });
  };

  if (aggregation !== "mean" && !STEPS_ALONG_ONE_DELTA.includes(strategy.kind)) {
    throw new RangeError(
      `a robust aggregation makes one delta of all; ${strategy.kind} folds more than that: set "aggregation" to "mean", ` +
        `or "strategy.kind" to one of ${STEPS_ALONG_ONE_DELTA.join(", ")}`,
    );
  }
  switch (strategy.kind) {
    case "fedavg":
      return stepOf(sgd({ learningRate: 1 }));
    case "fedsgd":
      assertOneStep(local);
      return stepOf(sgd({ learningRate: 1 }));
    case "fedavgm":
      return stepOf(momentumSgd({ learningRate: 1, ...strategy }));
    case "fedadagrad":
    case "fedadam":
    case "fedyogi":
      return stepOf(adaptive(strategy));
    case "scaffold":
      return scaffold(strategy, bounds);
    case "fednova":
      return fedNova(strategy, bounds, local);
    case "feddyn":
      return fedDyn(strategy, bounds);
    case "qfedavg":
      return qFedAvg(strategy, bounds, local);
    case "afl":
      return afl(strategy, bounds);
    case "ifca":
      return ifca(strategy, bounds, furtherStart);
    case "fedbuff":
      return fedBuff(strategy, bounds);
    case "fedasync":
      return fedAsync(strategy, bounds);
    case "hierarchical":
      return hierarchical(strategy, bounds, plan.cohort.size);
    default:
      throw new TypeError(
        `"strategy.kind" expected a strategy, got ${JSON.stringify((strategy as StrategyChoice).kind)}`,
      );
  }
}

function robustFedOpt(
  plan: RobustPlan,
  serverOptimizer: ServerOptimizer,
  options: Pick<RobustFoldOptions, "bounds" | "tiles" | "readStored" | "memoryBytes">,
): Strategy {
  const { bounds } = options;
  const rule = createRobustRule(plan, bounds);
  const strategy = fedOpt(({ vectors }) => robustFold({ ...options, rule, kept: vectors }), serverOptimizer, {
    statistics: bounds.statistics ?? [],
  });
  const { root, seed } = rule.needs;
  return { ...strategy, ...(root && { needsRoot: root }), ...(seed && { needsSeed: seed }) };
}

/** FedSGD takes one plain step on all data of a client: then the mean of its deltas is a step of gradient descent. */
function assertOneStep(local: LocalPlan): void {
  const { epochs, batchSize } = local;
  if (epochs !== 1) throw new RangeError(`fedsgd expected "local.epochs" 1, got ${epochs}; set it, or use fedavg`);
  if (batchSize !== LIMITS.maxBatchSize) {
    throw new RangeError(
      `fedsgd expected "local.batchSize" ${LIMITS.maxBatchSize} (a client's data in one batch), got ${batchSize}; ` +
        'set it and "local.microBatchSize" to what fits in memory, or use fedavg',
    );
  }
  assertPlainSgd("fedsgd", local);
}
