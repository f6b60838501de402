import { add, constant, input, mul } from "../graph/ops.ts";
import type { Tensor, Update } from "../graph/tensor.ts";
import type { GradientClip } from "./gradientClip.ts";
import { clipGradients } from "./gradientClip.ts";
import type { OptimizerPlan } from "./optimizerPlan.ts";
import { optimizerFromPlan } from "./optimizerPlan.ts";
import type { Schedule } from "./schedule.ts";
import { scheduleFactor } from "./schedule.ts";

/** What a local plan says of its optimizer. */
export interface OptimizationPlan {
  readonly optimizer: OptimizerPlan;
  readonly schedule?: Schedule;
  readonly clip?: GradientClip;
}

interface OptimizedParam {
  readonly name: string;
  readonly param: Tensor;
  readonly grad: Tensor;
}

/** The part of a training graph that moves the params. */
export interface OptimizedParams {
  /** "state.<slot>.<param>", all slots of one kind together in the order of the params, then "state.step" if it is read. */
  readonly state: readonly Tensor[];
  /** "hyper.<name>", f32 []. */
  readonly hyper: readonly Tensor[];
  /** The params, then the state. */
  readonly updates: readonly Update[];
}

/** One optimizer step: clip, schedule, then the same rule for every param. */
export function optimizeParams(plan: OptimizationPlan, params: readonly OptimizedParam[]): OptimizedParams {
  const { schedule = { kind: "constant" }, clip } = plan;
  const optimizer = optimizerFromPlan(plan.optimizer);
  const slots = optimizer.slots.map((slot) =>
    params.map(({ name, param }) => input(`state.${slot}.${name}`, param.shape)),
  );
  const given = Object.keys(optimizer.hyper).map((name): [string, Tensor] => [name, input(`hyper.${name}`, [])]);
  const step = input("state.step", []);
  const counts = optimizer.scalars !== undefined || schedule.kind !== "constant";

  const scheduled = Object.fromEntries(given);
  scheduled.learningRate = mul(scheduled.learningRate!, scheduleFactor(schedule, step));
  const hyper = optimizer.scalars?.(scheduled, step) ?? scheduled;
  const gradients = params.map(({ grad }) => grad);
  const clipped = clip ? clipGradients(clip, gradients) : gradients;
  const stepped = params.map(({ param }, i) =>
    optimizer.step({ param, grad: clipped[i]!, slots: slots.map((arrays) => arrays[i]!), hyper }),
  );
  return {
    state: [...slots.flat(), ...(counts ? [step] : [])],
    hyper: given.map(([, tensor]) => tensor),
    updates: [
      ...params.map(({ param }, i) => ({ target: param, value: stepped[i]!.param })),
      ...slots.flatMap((arrays, slot) => arrays.map((target, i) => ({ target, value: stepped[i]!.slots[slot]! }))),
      ...(counts ? [{ target: step, value: add(step, constant(1)) }] : []),
    ],
  };
}
