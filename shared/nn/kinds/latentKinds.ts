import * as v from "valibot";
import type { LayerDocument } from "../layer.ts";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { variational } from "../layers/variational.ts";
import { sizeSchema } from "./bounds.ts";

/** Layers with values that nobody observes; `layerSchema` checks the layers within them. */
export function latentKinds(layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  const layersSchema = v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(256));
  return [
    layerKind(
      v.strictObject({
        kind: v.literal("variational"),
        encoder: layersSchema,
        decoder: layersSchema,
        latent: sizeSchema,
      }),
      ({ encoder, decoder, latent }, buildLayer) =>
        variational({ encoder: encoder.map(buildLayer), decoder: decoder.map(buildLayer), latent }),
    ),
  ];
}
