import * as v from "valibot";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { multiHeadAttention } from "../layers/attention/multiHeadAttention.ts";
import { transformerBlock } from "../layers/attention/transformerBlock.ts";
import { embedding } from "../layers/sequence/embedding.ts";
import { learnedPositions } from "../layers/sequence/learnedPositions.ts";
import { sinusoidalPositions } from "../layers/sequence/sinusoidalPositions.ts";
import { extentSchema, sizeSchema } from "./bounds.ts";

const attentionOptions = {
  /** Whether a step sees only itself and earlier ones; false when absent. */
  causal: v.exactOptional(v.boolean()),
  /** 0 when absent; below 1, or nothing would be left. */
  dropout: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.99))),
};

/** Embeddings, positions, attention and transformer blocks. */
export function attentionKinds(): readonly LayerKind[] {
  return [
    layerKind(
      v.strictObject({
        kind: v.literal("embedding"),
        vocabulary: sizeSchema,
        features: sizeSchema,
        /** The id whose vector stays zero. */
        paddingId: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 24))),
        /** Of the vectors at the start; 1 when absent. */
        stdDev: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1000))),
      }),
      ({ kind: _, vocabulary, features, ...options }) => embedding(vocabulary, features, options),
    ),
    layerKind(
      v.strictObject({ kind: v.literal("learnedPositions"), maxTime: sizeSchema, features: sizeSchema }),
      ({ maxTime, features }) => learnedPositions(maxTime, features),
    ),
    layerKind(v.strictObject({ kind: v.literal("sinusoidalPositions") }), sinusoidalPositions),
    layerKind(
      v.strictObject({
        kind: v.literal("multiHeadAttention"),
        features: sizeSchema,
        heads: extentSchema,
        ...attentionOptions,
      }),
      ({ kind: _, features, heads, ...options }) => multiHeadAttention(features, heads, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("transformerBlock"),
        features: sizeSchema,
        heads: extentSchema,
        mlpFeatures: sizeSchema,
        ...attentionOptions,
        /** "gelu" when absent. */
        activation: v.exactOptional(v.picklist(["gelu", "relu"])),
        /** "pre" when absent. */
        norm: v.exactOptional(v.picklist(["pre", "post"])),
      }),
      ({ kind: _, features, heads, mlpFeatures, ...options }) =>
        transformerBlock(features, heads, mlpFeatures, options),
    ),
  ];
}
