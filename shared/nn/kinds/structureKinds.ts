import * as v from "valibot";
import { custom } from "../custom/custom.ts";
import { customSchema } from "../custom/customDocument.ts";
import type { LayerDocument } from "../layer.ts";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { denseConnection } from "../layers/structure/denseConnection.ts";
import { frozen } from "../layers/structure/frozen.ts";
import { lora } from "../layers/structure/lora.ts";
import { masked } from "../layers/structure/masked.ts";
import { parallel } from "../layers/structure/parallel.ts";
import { privateLayer } from "../layers/structure/privateLayer.ts";
import { residual } from "../layers/structure/residual.ts";
import { sequential } from "../layers/structure/sequential.ts";
import { extentSchema, realSchema } from "./bounds.ts";

/** Layers made of layers (residual, concatenated branches, masks) and of ops (custom); `layerSchema` checks those within. */
export function structureKinds(layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  const layersSchema = v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(256));
  return [
    layerKind(v.strictObject({ kind: v.literal("sequential"), layers: layersSchema }), ({ layers }, buildLayer) =>
      sequential(layers.map(buildLayer)),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("residual"),
        layers: layersSchema,
        /** x itself when absent. */
        shortcut: v.exactOptional(layersSchema),
      }),
      ({ layers, shortcut }, buildLayer) => residual(layers.map(buildLayer), shortcut?.map(buildLayer)),
    ),
    layerKind(v.strictObject({ kind: v.literal("denseConnection"), layers: layersSchema }), ({ layers }, buildLayer) =>
      denseConnection(layers.map(buildLayer)),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("parallel"),
        /** A branch without layers is x. */
        branches: v.pipe(v.array(v.pipe(v.array(layerSchema), v.maxLength(256))), v.minLength(1), v.maxLength(64)),
      }),
      ({ branches }, buildLayer) => parallel(branches.map((layers) => layers.map(buildLayer))),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("masked"),
        /** The token, or the value of all features, of a position without data. */
        paddingId: v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 24)), v.maxValue(2 ** 24)),
        layers: layersSchema,
      }),
      ({ paddingId, layers }, buildLayer) => masked(paddingId, layers.map(buildLayer)),
    ),
    layerKind(v.strictObject({ kind: v.literal("frozen"), layer: layerSchema }), ({ layer }, buildLayer) =>
      frozen(buildLayer(layer)),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("private"),
        layer: layerSchema,
        /** Those of the layer's arrays that stay with each client; all when absent. */
        arrays: v.exactOptional(
          v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))), v.minLength(1), v.maxLength(256)),
        ),
      }),
      ({ layer, arrays }, buildLayer) => privateLayer(buildLayer(layer), arrays ? { arrays } : {}),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("lora"),
        /** What is adapted: it holds a matrix. */
        layer: layerSchema,
        rank: extentSchema,
        /** The adapter counts alpha / rank times; `rank` when absent. */
        alpha: v.exactOptional(realSchema),
      }),
      ({ kind: _, layer, ...options }, buildLayer) => lora(buildLayer(layer), options),
    ),
    layerKind(customSchema, custom),
  ];
}
