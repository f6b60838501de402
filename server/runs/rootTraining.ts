import type { Dataset } from "../../shared/data/dataset.ts";
import { clientStart } from "../../shared/models/clientStart.ts";
import type { Model } from "../../shared/models/model.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { createRootTrainer } from "../../shared/train/createRootTrainer.ts";
import type { CoordinatorPorts } from "../rounds/run.ts";

export interface RootTrainingOptions {
  readonly model: Model;
  readonly plan: RunPlan;
  /** The coordinator's own examples, where it has any. */
  readonly rootData: Dataset | undefined;
}

/** The coordinator's own training, as a port; empty where there is no data for it, or the plan does not ask for it. */
export function rootTrainingOf({ model, plan, rootData }: RootTrainingOptions): Pick<CoordinatorPorts, "trainOnRoot"> {
  if (rootData === undefined || plan.aggregation === "mean" || plan.aggregation.kind !== "fltrust") return {};
  const start = clientStart(model);
  const { local, strategy, runId } = plan;
  const train = createRootTrainer({ model, plan: local, strategy, start, data: rootData, seed: runId });
  return { trainOnRoot: async (shared) => train(shared) };
}
