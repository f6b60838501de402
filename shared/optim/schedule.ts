import * as v from "valibot";
import { add, constant, cos, div, floor, greater, minimum, mul, pow, sub, where } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";
import { stepsSchema } from "./planBounds.ts";

const factorSchema = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));
const fractionSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const stepSchema = v.strictObject({
  /** The rate times `factor` after every `every` steps. */
  kind: v.literal("step"),
  every: stepsSchema,
  factor: factorSchema,
});
const exponentialSchema = v.strictObject({
  /** The rate times `factor` after every step. */
  kind: v.literal("exponential"),
  factor: factorSchema,
});
const cosineSchema = v.strictObject({
  /** Half a cosine from 1 down to `floor` (0 when absent) over `steps`. Source: Loshchilov and Hutter 2017, eq. 5, arXiv:1608.03983. */
  kind: v.literal("cosine"),
  steps: stepsSchema,
  floor: v.exactOptional(fractionSchema),
});
const constantSchema = v.strictObject({ kind: v.literal("constant") });
const afterSchema = v.variant("kind", [constantSchema, stepSchema, exponentialSchema, cosineSchema]);

/** How the learning rate changes with the local steps of one round. */
export const scheduleSchema = v.variant("kind", [
  constantSchema,
  stepSchema,
  exponentialSchema,
  cosineSchema,
  v.strictObject({
    /** Up in a line over `steps`, then as `after` says (constant when absent), which counts from there. */
    kind: v.literal("warmUp"),
    steps: stepsSchema,
    after: v.exactOptional(afterSchema),
  }),
  v.strictObject({
    /**
     * Up from 1 / 25 to 1 over the first `rise` (0.3 when absent) of `steps`, then down to 1 / 250,000, both along half a cosine.
     * Source: Smith and Topin 2018, arXiv:1708.07120, in PyTorch's form.
     */
    kind: v.literal("oneCycle"),
    steps: v.pipe(stepsSchema, v.minValue(2)),
    rise: v.exactOptional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1))),
  }),
]);

export type Schedule = Readonly<v.InferOutput<typeof scheduleSchema>>;

/** What the learning rate is multiplied with; `step` is the f32 [] count of the steps done before this one. */
export function scheduleFactor(schedule: Schedule, step: Tensor): Tensor {
  const one = constant(1);
  switch (schedule.kind) {
    case "constant":
      return one;
    case "step":
      return pow(constant(schedule.factor), floor(div(step, constant(schedule.every))));
    case "exponential":
      return pow(constant(schedule.factor), step);
    case "cosine":
      return between(one, constant(schedule.floor ?? 0), div(step, constant(schedule.steps)));
    case "warmUp": {
      const steps = constant(schedule.steps);
      const rising = div(add(step, one), steps);
      // Counted from 0 while it rises, so that no power of a negative number is taken.
      const since = sub(where(greater(steps, step), steps, step), steps);
      return where(greater(steps, step), rising, scheduleFactor(schedule.after ?? { kind: "constant" }, since));
    }
    case "oneCycle": {
      const peak = (schedule.rise ?? 0.3) * schedule.steps - 1;
      const falling = div(sub(step, constant(peak)), constant(schedule.steps - 1 - peak));
      const start = constant(1 / 25);
      const rising = peak > 0 ? between(start, one, div(step, constant(peak))) : one;
      return where(greater(step, constant(peak)), between(one, constant(1 / 25 / 1e4), falling), rising);
    }
  }
}

/** Half a cosine from `from` at 0 to `to` at 1, and `to` beyond. */
function between(from: Tensor, to: Tensor, progress: Tensor): Tensor {
  const one = constant(1);
  const half = mul(constant(0.5), add(one, cos(mul(constant(Math.PI), minimum(progress, one)))));
  return add(to, mul(sub(from, to), half));
}
