import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

/** Layers one after the other, as one. */
export function sequential(layers: readonly Layer[]): Layer {
  const documents = composeDocuments(layers);
  return {
    name: `sequential of ${layers.length}`,
    ...(documents && { document: { kind: "sequential", layers: documents } }),
    init: composeInit(layers, "layers"),
    apply: (params, x, ctx) => applyLayers(layers, "layers", params, x, ctx),
  };
}
