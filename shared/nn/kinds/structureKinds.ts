import type * as v from "valibot";
import type { LayerDocument, LayerKind } from "../layerKind.ts";

/** Layers made of layers (residual, concatenated branches, masks) and of ops (custom); `layerSchema` checks those within. */
export function structureKinds(_layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [];
}
