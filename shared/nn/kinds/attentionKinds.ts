import type * as v from "valibot";
import type { LayerDocument, LayerKind } from "../layerKind.ts";

/** Embeddings, positions, attention and transformer blocks. Some hold layers of their own, which `layerSchema` checks. */
export function attentionKinds(_layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [];
}
