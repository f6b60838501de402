import { input } from "../graph/ops.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { Model } from "./model.ts";
import { createTrainContext } from "./trainContext.ts";

/** The shapes that layers and loss draw for inputs of one shape, [batch, ...inputShape], in the order of the draws. */
export function drawnShapes(model: Model, params: readonly Tensor[], xShape: Shape): Shape[] {
  const { ctx, draws } = createTrainContext();
  const x = input("x", xShape);
  const outputs = model.apply(params, x, ctx);
  const layout = model.loss.targets(xShape[0]!, outputs.shape.slice(1));
  model.loss.losses(outputs, layout && input("targets", layout.shape, layout.dtype), { x, ctx });
  return draws.map(({ shape }) => shape);
}
