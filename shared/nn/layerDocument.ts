import * as v from "valibot";
import type { Layer } from "./layer.ts";
import { flatten } from "./layers/flatten.ts";
import { linear } from "./layers/linear.ts";
import { relu } from "./layers/relu.ts";
import { sigmoid } from "./layers/sigmoid.ts";
import { tanh } from "./layers/tanh.ts";

/** Features of one layer, 1 .. 2^24. */
const featuresSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24));

/** A layer as data. */
export const layerDocumentSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("linear"),
    inFeatures: featuresSchema,
    outFeatures: featuresSchema,
    /** How w begins; "heUniform" when absent. */
    init: v.exactOptional(v.picklist(["heUniform", "glorotUniform"])),
  }),
  v.strictObject({ kind: v.literal("relu") }),
  v.strictObject({ kind: v.literal("tanh") }),
  v.strictObject({ kind: v.literal("sigmoid") }),
  v.strictObject({ kind: v.literal("flatten") }),
]);

export type LayerDocument = Readonly<v.InferOutput<typeof layerDocumentSchema>>;

/** The layer that a document describes. */
export function layerFromDocument(document: LayerDocument): Layer {
  switch (document.kind) {
    case "linear": {
      const { inFeatures, outFeatures, init } = document;
      return linear(inFeatures, outFeatures, init ? { init } : {});
    }
    case "relu":
      return relu();
    case "tanh":
      return tanh();
    case "sigmoid":
      return sigmoid();
    case "flatten":
      return flatten();
  }
}
