import { assertInteger } from "../../../base/assert.ts";
import { constant, equal, reduceMax, sub, toFloat } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

/**
 * Tells the layers within which positions are padding: those whose token is `paddingId`, or whose features all are.
 * Layers that know masks (recurrent ones, attention, global pooling, positions) then pass over them.
 * Shapes: x [batch, time] (f32 or i32) or [batch, time, features] -> what the layers give.
 * @throws TypeError unless the id is a whole number.
 */
export function masked(paddingId: number, layers: readonly Layer[]): Layer {
  assertInteger("paddingId", paddingId);
  const documents = composeDocuments(layers);
  return {
    name: `masked(${paddingId}) of ${layers.length}`,
    ...(documents && { document: { kind: "masked", paddingId, layers: documents } }),
    init: composeInit(layers, "layers"),
    apply: (params, x, ctx) => applyLayers(layers, "layers", params, x, { ...ctx, mask: maskOf(x, paddingId) }),
  };
}

/** [batch, time]: 1 where a position holds data. */
function maskOf(x: Tensor, paddingId: number): Tensor {
  const values = x.dtype === "i32" ? toFloat(x) : x;
  const holds = sub(constant(1), equal(values, constant(paddingId)));
  if (x.shape.length === 2) return holds;
  if (x.shape.length === 3) return reduceMax(holds, [2]);
  throw new RangeError(`masked expected x [batch, time] or [batch, time, features], got ${shapeText(x.shape)}`);
}
