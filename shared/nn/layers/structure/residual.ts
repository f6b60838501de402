import { add } from "../../../graph/ops.ts";
import { sameShape, shapeText } from "../../../graph/shape.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

/**
 * `y = shortcut(x) + layers(x)`; the shortcut is x itself where there are no layers for it.
 * Shapes: both sides give y's. Source: He et al. 2016, eqs. 1 and 2, arXiv:1512.03385.
 * @throws RangeError when traced, naming both shapes, if the two sides differ.
 */
export function residual(layers: readonly Layer[], shortcut: readonly Layer[] = []): Layer {
  const [documents, besides] = [composeDocuments(layers), composeDocuments(shortcut)];
  return {
    name: `residual of ${layers.length}`,
    ...(documents &&
      besides && {
        document: { kind: "residual", layers: documents, ...(besides.length > 0 && { shortcut: besides }) },
      }),
    init: { ...composeInit(layers, "layers"), ...composeInit(shortcut, "shortcut") },
    apply(params, x, ctx) {
      const change = applyLayers(layers, "layers", params, x, ctx);
      const base = applyLayers(shortcut, "shortcut", params, x, ctx);
      if (!sameShape(base.shape, change.shape)) {
        throw new RangeError(
          `residual expected layers that give the shortcut's ${shapeText(base.shape)}, got ${shapeText(change.shape)}`,
        );
      }
      return add(base, change);
    },
  };
}
