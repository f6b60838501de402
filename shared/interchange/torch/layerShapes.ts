import { input } from "../../graph/ops.ts";
import type { Shape } from "../../graph/tensor.ts";
import type { Model } from "../../models/model.ts";
import { evaluateContext } from "../../nn/applyContext.ts";
import { applyLayers } from "../../nn/composeLayers.ts";
import type { Layer, LayerDocument } from "../../nn/layer.ts";
import { layerKindNamed } from "../../nn/layerDocument.ts";

/** The shape that each layer of a model sees, one example of it: layers within layers included, by their documents. */
export function layerShapes({ document, spec }: Model): Map<LayerDocument, Shape> {
  const shapes = new Map<LayerDocument, Shape>();
  const watched = (layerDocument: LayerDocument): Layer => {
    const layer = layerKindNamed(layerDocument.kind)!.build(layerDocument as never, watched);
    return {
      ...layer,
      apply(params, x, ctx) {
        shapes.set(layerDocument, x.shape.slice(1));
        return layer.apply(params, x, ctx);
      },
    };
  };
  const params = Object.fromEntries(spec.entries.map(({ name, shape }) => [name, input(name, shape)]));
  const x = input("x", [1, ...document.input.shape]);
  applyLayers(document.layers.map(watched), "layers", params, x, evaluateContext);
  return shapes;
}
