import type * as v from "valibot";
import type { LayerDocument, LayerKind } from "../layerKind.ts";

/** Recurrent layers over sequences [batch, time, features]. Some hold layers of their own, which `layerSchema` checks. */
export function recurrentKinds(_layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [];
}
