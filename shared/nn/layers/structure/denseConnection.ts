import { concat } from "../../../graph/ops.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

/**
 * x and what the layers make of it, next to each other along the last axis.
 * Shapes: x [batch, ..., channels] -> y [batch, ..., channels + those of the layers].
 * Source: Huang et al. 2017, eq. 2, arXiv:1608.06993.
 * @throws RangeError when traced, if the layers change another axis.
 */
export function denseConnection(layers: readonly Layer[]): Layer {
  const documents = composeDocuments(layers);
  return {
    name: `denseConnection of ${layers.length}`,
    ...(documents && { document: { kind: "denseConnection", layers: documents } }),
    init: composeInit(layers, "layers"),
    apply: (params, x, ctx) => concat([x, applyLayers(layers, "layers", params, x, ctx)], x.shape.length - 1),
  };
}
