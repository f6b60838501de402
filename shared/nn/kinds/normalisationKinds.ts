import * as v from "valibot";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { batchNorm } from "../layers/normalisation/batchNorm.ts";
import { dropout, spatialDropout } from "../layers/normalisation/dropout.ts";
import { groupNorm } from "../layers/normalisation/groupNorm.ts";
import { layerNorm } from "../layers/normalisation/layerNorm.ts";
import { rmsNorm } from "../layers/normalisation/rmsNorm.ts";
import { fractionSchema, sizeSchema } from "./bounds.ts";

/** Added to a variance, 1e-12 .. 1; 1e-5 when absent. */
const epsilonSchema = v.exactOptional(v.pipe(v.number(), v.minValue(1e-12), v.maxValue(1)));
/** Whether scale and shift are learned; true when absent. */
const affineSchema = v.exactOptional(v.boolean());
/** "shared" when absent: aggregated. "private": stays with each client. */
const scopeSchema = v.exactOptional(v.picklist(["shared", "private"]));
/** Probability of a value to be dropped, 0 .. 0.999. */
const rateSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(0.999));

/** Normalisation and dropout. */
export function normalisationKinds(): readonly LayerKind[] {
  return [
    layerKind(
      v.strictObject({
        kind: v.literal("layerNorm"),
        features: sizeSchema,
        epsilon: epsilonSchema,
        affine: affineSchema,
      }),
      ({ kind: _, features, ...options }) => layerNorm(features, options),
    ),
    layerKind(
      v.strictObject({ kind: v.literal("rmsNorm"), features: sizeSchema, epsilon: epsilonSchema }),
      ({ kind: _, features, ...options }) => rmsNorm(features, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("groupNorm"),
        groups: sizeSchema,
        channels: sizeSchema,
        epsilon: epsilonSchema,
        affine: affineSchema,
      }),
      ({ kind: _, groups, channels, ...options }) => groupNorm(groups, channels, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("batchNorm"),
        channels: sizeSchema,
        epsilon: epsilonSchema,
        /** Share of the batch in the new running average; 0.1 when absent. */
        momentum: v.exactOptional(fractionSchema),
        /** Of the running averages; "private" with `affine: "private"` is FedBN. */
        statistics: scopeSchema,
        affine: scopeSchema,
      }),
      ({ kind: _, channels, ...options }) => batchNorm(channels, options),
    ),
    layerKind(v.strictObject({ kind: v.literal("dropout"), rate: rateSchema }), ({ rate }) => dropout(rate)),
    layerKind(v.strictObject({ kind: v.literal("spatialDropout"), rate: rateSchema }), ({ rate }) =>
      spatialDropout(rate),
    ),
  ];
}
