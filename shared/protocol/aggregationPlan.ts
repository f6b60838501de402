import * as v from "valibot";
import { finite, integer } from "./fields.ts";
import { LIMITS } from "./limits.ts";

/** Updates of one attempt that may be hostile: what a rule is asked to withstand. */
const byzantine = integer(0, LIMITS.maxUpdatesPerCommit);
const positive = (maximum: number) => v.pipe(finite(0, maximum), v.gtValue(0));

/**
 * Longest delta that counts in full: a length; that quantile of the lengths of the attempt's updates; or a length that
 * follows the quantile from round to round, by steps of `learningRate` in its logarithm.
 */
const bound = v.union([
  v.strictObject({ norm: positive(1e12) }),
  v.strictObject({ quantile: positive(1) }),
  v.strictObject({ quantile: positive(1), initial: positive(1e12), learningRate: positive(10) }),
]);

/** What is done to the updates before the rule sees them, in this order. */
const preStepSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("norm-bound"), bound }),
  v.strictObject({ kind: v.literal("arc"), byzantine }),
  v.strictObject({ kind: v.literal("nnm"), byzantine }),
]);

const before = v.exactOptional(v.pipe(v.array(preStepSchema), v.minLength(1), v.maxLength(3), v.readonly()));

/**
 * How the deltas of one attempt become one: the mean weighted by examples, or a robust rule, under which every update
 * counts alike whatever number of examples it claims.
 */
export const aggregationPlanSchema = v.union([
  v.literal("mean"),
  v.variant("kind", [
    v.strictObject({ kind: v.literal("median"), before }),
    v.strictObject({ kind: v.literal("trimmed-mean"), byzantine, before }),
    v.strictObject({ kind: v.literal("krum"), byzantine, before }),
    v.strictObject({
      kind: v.literal("multi-krum"),
      byzantine,
      /** Updates whose mean is taken; updates - byzantine when absent. */
      selected: v.exactOptional(integer(1, LIMITS.maxUpdatesPerCommit)),
      before,
    }),
    v.strictObject({ kind: v.literal("bulyan"), byzantine, before }),
    v.strictObject({
      kind: v.literal("geometric-median"),
      /** Distance below which an update gets no more weight, in units of a delta; 1e-6 when absent. */
      smoothing: v.exactOptional(positive(1e6)),
      /** Length of the gradient of the mean distance at which the steps end; 1e-6 when absent. */
      tolerance: v.exactOptional(positive(1)),
      /** Most steps; 100 when absent. */
      iterations: v.exactOptional(integer(1, 10_000)),
      before,
    }),
    v.strictObject({
      kind: v.literal("centred-clipping"),
      /** Longest move of one update from the centre, in units of a delta. */
      tau: positive(1e12),
      iterations: integer(1, 100),
      before,
    }),
    v.strictObject({ kind: v.literal("norm-bound"), bound, before }),
    v.strictObject({ kind: v.literal("arc"), byzantine, before }),
    v.strictObject({ kind: v.literal("fltrust"), before }),
    v.strictObject({
      kind: v.literal("flame"),
      /** Standard deviation of the noise ÷ the length to which updates are clipped; 0 adds none. */
      noiseMultiplier: finite(0, 10),
      before,
    }),
  ]),
]);

export type AggregationPlan = Readonly<v.InferOutput<typeof aggregationPlanSchema>>;

/** A rule that needs all updates of an attempt at once. */
export type RobustPlan = Exclude<AggregationPlan, "mean">;

export type PreStepPlan = Readonly<v.InferOutput<typeof preStepSchema>>;

/** The bound of a norm bound. */
export type NormBound = Readonly<v.InferOutput<typeof bound>>;
