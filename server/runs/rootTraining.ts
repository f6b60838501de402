import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { clientStart } from "../../shared/models/clientStart.ts";
import type { Model } from "../../shared/models/model.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import type { CoordinatorPorts } from "../rounds/run.ts";

export interface RootTrainingOptions {
  readonly model: Model;
  readonly plan: RunPlan;
  /** Clean examples that the coordinator holds itself; about 100 are enough. */
  readonly rootData: Dataset | undefined;
}

/**
 * The coordinator's own training, as a port, with the local plan of its clients: what FLTrust compares updates with. Empty
 * where there is no data for it. Source: Cao et al. 2021, section 4 ("root dataset"), arXiv:2012.13995.
 */
export function rootTrainingOf({ model, plan, rootData }: RootTrainingOptions): Pick<CoordinatorPorts, "trainOnRoot"> {
  if (rootData === undefined || plan.aggregation === "mean" || plan.aggregation.kind !== "fltrust") return {};
  const trainer = createLocalTrainer({ model, plan: plan.local });
  const start = clientStart(model);
  return {
    async trainOnRoot(shared) {
      const params = start.slice();
      params.set(shared);
      return trainer.train({ params, data: rootData, rng: createRng(plan.runId, "root") }).delta;
    },
  };
}
