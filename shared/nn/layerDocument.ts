import * as v from "valibot";

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
