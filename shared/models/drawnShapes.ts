import { input } from "../graph/ops.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { ApplyContext } from "../nn/applyContext.ts";
import type { Model } from "./model.ts";

/** The shapes that layers and loss draw for inputs of one shape, [batch, ...inputShape], in the order of the draws. */
export function drawnShapes(model: Model, params: readonly Tensor[], xShape: Shape): Shape[] {
  const shapes: Shape[] = [];
  const x = input("x", xShape);
  const ctx = drawingFrom((shape) => {
    shapes.push(shape);
    return input(`draw.${shapes.length}`, shape);
  });
  const outputs = model.apply(params, x, ctx);
  const layout = model.loss.targets(xShape[0]!, outputs.shape.slice(1));
  model.loss.losses(outputs, layout && input("targets", layout.shape, layout.dtype), { x, ctx });
  return shapes;
}

/** A training context whose draws come from outside, and that keeps no statistics. */
export function drawingFrom(random: ApplyContext["random"]): ApplyContext {
  return { mode: "train", random, updateStatistic() {} };
}
