import type { Dataset } from "../../shared/data/dataset.ts";
import { clientStart } from "../../shared/models/clientStart.ts";
import type { Model } from "../../shared/models/model.ts";
import { frozenLength } from "../../shared/params/frozenParams.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { evaluateOn } from "../evaluateOn.ts";
import type { CoordinatorPorts } from "../rounds/run.ts";

export interface JudgeOptions {
  readonly model: Model;
  readonly plan: RunPlan;
  readonly testData: Dataset | undefined;
  /** Params that the run started from, [model.spec.length], where somebody gave them. */
  readonly initialParams?: Float32Array | undefined;
}

/** What judges a run's params, as a port; empty where there is nothing to judge by. */
export function judgeOf(options: JudgeOptions): Pick<CoordinatorPorts, "evaluate"> {
  const { model, plan, testData } = options;
  const privateParams = privateStart(model, options.initialParams);
  if (testData === undefined || privateParams === undefined) return {};
  return { evaluate: evaluateOn(createLocalTrainer({ model, plan: plan.local }), testData, privateParams) };
}

/**
 * What a model's private params begin with, [spec.length - spec.sharedLength], as clients draw them; nothing where some are
 * frozen and nobody gave them, for then no test figure would mean anything.
 */
function privateStart(model: Model, initialParams: Float32Array | undefined): Float32Array | undefined {
  const { spec } = model;
  if (spec.length === spec.sharedLength) return new Float32Array();
  if (initialParams === undefined && frozenLength(spec) > 0) return undefined;
  return (initialParams ?? clientStart(model)).slice(spec.sharedLength);
}
