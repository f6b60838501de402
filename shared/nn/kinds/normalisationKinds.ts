import type * as v from "valibot";
import type { LayerDocument, LayerKind } from "../layerKind.ts";

/** Normalisation and dropout. Some hold layers of their own, which `layerSchema` checks. */
export function normalisationKinds(_layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [];
}
