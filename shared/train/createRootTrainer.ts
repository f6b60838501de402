import { createRng } from "../base/rng.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Model } from "../models/model.ts";
import { createLocalTrainer } from "./createLocalTrainer.ts";
import type { LocalPlan } from "./localPlan.ts";

export interface RootTrainerOptions {
  readonly model: Model;
  /** That of the clients: what is compared has to be alike. */
  readonly plan: LocalPlan;
  /** Params whose private part each training begins with, [spec.length]; only read. */
  readonly start: Float32Array;
  /** Clean examples that the server holds itself; about 100 are enough. */
  readonly data: Dataset;
  /** Orders the examples, the same way in every round. */
  readonly seed: string | number;
}

/**
 * The server's own training, what FLTrust compares updates with: from shared params, [spec.sharedLength], to a delta of that
 * length. The result throws a RangeError if the training diverges.
 * Source: Cao et al. 2021, section 4 ("root dataset"), arXiv:2012.13995.
 */
export function createRootTrainer(options: RootTrainerOptions): (shared: Float32Array) => Float32Array {
  const { model, plan, start, data, seed } = options;
  const trainer = createLocalTrainer({ model, plan });
  return (shared) => {
    const params = start.slice();
    params.set(shared);
    return trainer.train({ params, data, rng: createRng(seed, "root") }).delta;
  };
}
