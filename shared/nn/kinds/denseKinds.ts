import * as v from "valibot";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { elu } from "../layers/elu.ts";
import { flatten } from "../layers/flatten.ts";
import { gelu } from "../layers/gelu.ts";
import { identity } from "../layers/identity.ts";
import { leakyRelu } from "../layers/leakyRelu.ts";
import { linear } from "../layers/linear.ts";
import { relu } from "../layers/relu.ts";
import { reshape } from "../layers/reshape.ts";
import { selu } from "../layers/selu.ts";
import { sigmoid } from "../layers/sigmoid.ts";
import { silu } from "../layers/silu.ts";
import { softmax } from "../layers/softmax.ts";
import { softplus } from "../layers/softplus.ts";
import { tanh } from "../layers/tanh.ts";
import { realSchema, sizeSchema } from "./bounds.ts";
import { weightInitSchema } from "./weightInitSchema.ts";

/** Affine maps, activations and changes of shape. */
export const denseKinds: readonly LayerKind[] = [
  layerKind(
    v.strictObject({
      kind: v.literal("linear"),
      inFeatures: sizeSchema,
      outFeatures: sizeSchema,
      /** How w begins; "heUniform" when absent. */
      init: v.exactOptional(weightInitSchema),
      /** Whether b is added; true when absent. */
      bias: v.exactOptional(v.boolean()),
    }),
    ({ inFeatures, outFeatures, kind: _, ...options }) => linear(inFeatures, outFeatures, options),
  ),
  layerKind(v.strictObject({ kind: v.literal("identity") }), identity),
  layerKind(v.strictObject({ kind: v.literal("relu") }), relu),
  layerKind(
    v.strictObject({
      kind: v.literal("leakyRelu"),
      /** Below 0; 0.01 when absent. */
      slope: v.exactOptional(realSchema),
    }),
    ({ slope }) => leakyRelu(slope),
  ),
  layerKind(
    v.strictObject({
      kind: v.literal("elu"),
      /** Minus its limit far below 0; 1 when absent. */
      alpha: v.exactOptional(realSchema),
    }),
    ({ alpha }) => elu(alpha),
  ),
  layerKind(v.strictObject({ kind: v.literal("selu") }), selu),
  layerKind(v.strictObject({ kind: v.literal("gelu") }), gelu),
  layerKind(v.strictObject({ kind: v.literal("silu") }), silu),
  layerKind(v.strictObject({ kind: v.literal("tanh") }), tanh),
  layerKind(v.strictObject({ kind: v.literal("sigmoid") }), sigmoid),
  layerKind(v.strictObject({ kind: v.literal("softplus") }), softplus),
  layerKind(v.strictObject({ kind: v.literal("softmax") }), softmax),
  layerKind(v.strictObject({ kind: v.literal("flatten") }), flatten),
  layerKind(
    v.strictObject({
      kind: v.literal("reshape"),
      /** Of one example. */
      shape: v.pipe(v.array(sizeSchema), v.minLength(1), v.maxLength(8)),
    }),
    ({ shape }) => reshape(shape),
  ),
];
