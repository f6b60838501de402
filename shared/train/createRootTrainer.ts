import { createRng } from "../base/rng.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Model } from "../models/model.ts";
import type { StrategyPlan } from "../protocol/strategyPlan.ts";
import { assertRootComparable } from "./assertRootComparable.ts";
import { createClientTrainer } from "./createClientTrainer.ts";
import type { LocalPlan } from "./localPlan.ts";

export interface RootTrainerOptions {
  readonly model: Model;
  /** That of the clients, as is the strategy: what is compared has to be alike. */
  readonly plan: LocalPlan;
  readonly strategy: StrategyPlan;
  /** Params whose private part, frozen or statistics, each training begins with, [spec.length]; only read. */
  readonly start: Float32Array;
  /** Clean examples that the server holds itself; about 100 are enough. */
  readonly data: Dataset;
  /** Orders the examples, the same way in every round. */
  readonly seed: string | number;
}

/**
 * The server's own training, what FLTrust compares updates with: that of a client in its first round, from shared params,
 * [spec.sharedLength], to a delta of that length. The result throws a RangeError if the training diverges.
 * Source: Cao et al. 2021, section 4 ("root dataset") and Algorithm 2, arXiv:2012.13995.
 * @throws RangeError if no training of the server's is like the clients'.
 */
export function createRootTrainer(options: RootTrainerOptions): (shared: Float32Array) => Float32Array {
  const { model, plan, strategy, start, data, seed } = options;
  assertRootComparable(model, strategy);
  const trainer = createClientTrainer({ model, plan, strategy: sharedPart(strategy) });
  const nothing = { handouts: new Map(), kept: new Map() };
  return (shared) => {
    const params = start.slice();
    params.set(shared);
    return trainer.train({ ...nothing, params, data, rng: createRng(seed, "root") }).delta;
  };
}

/** Without what a client trains for itself after the delta is there. */
function sharedPart(strategy: StrategyPlan): StrategyPlan {
  if (!("client" in strategy) || strategy.client?.kind !== "ditto") return strategy;
  const { client: _personal, ...rest } = strategy;
  return rest;
}
