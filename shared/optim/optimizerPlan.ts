import * as v from "valibot";
import { adagrad, adagradPlanSchema } from "./adagrad.ts";
import { adam, adamPlanSchema } from "./adam.ts";
import { lamb, lambPlanSchema } from "./lamb.ts";
import type { Optimizer } from "./optimizer.ts";
import { rmsProp, rmsPropPlanSchema } from "./rmsProp.ts";
import { sgd, sgdPlanSchema } from "./sgd.ts";
import { yogi, yogiPlanSchema } from "./yogi.ts";

/** The optimizers that a plan may ask for, as data. */
export const optimizerPlanSchema = v.variant("kind", [
  sgdPlanSchema,
  rmsPropPlanSchema,
  adagradPlanSchema,
  adamPlanSchema,
  yogiPlanSchema,
  lambPlanSchema,
]);

export type OptimizerPlan = Readonly<v.InferOutput<typeof optimizerPlanSchema>>;

/** Their names. */
export const OPTIMIZER_NAMES = [
  "sgd",
  "rmsprop",
  "adagrad",
  "adam",
  "adamw",
  "yogi",
  "lamb",
] as const satisfies readonly OptimizerPlan["kind"][];

/** The optimizer that a plan describes. @throws RangeError or TypeError for a value out of its bounds. */
export function optimizerFromPlan(plan: OptimizerPlan): Optimizer {
  switch (plan.kind) {
    case "sgd":
      return sgd(plan);
    case "rmsprop":
      return rmsProp(plan);
    case "adagrad":
      return adagrad(plan);
    case "adam":
    case "adamw":
      return adam(plan);
    case "yogi":
      return yogi(plan);
    case "lamb":
      return lamb(plan);
  }
}
