import type * as v from "valibot";
import type { LayerDocument, LayerKind } from "../layerKind.ts";

/** Spiking neurons. Some hold layers of their own, which `layerSchema` checks. */
export function spikingKinds(_layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [];
}
