import type * as v from "valibot";
import type { LayerDocument, LayerKind } from "../layerKind.ts";

/** Message passing on graphs and complexes. Some hold layers of their own, which `layerSchema` checks. */
export function graphKinds(_layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [];
}
