import { gradients } from "../graph/gradients/gradients.ts";
import { add, constant, mul, reduceSum, reshape, scan, transpose } from "../graph/ops.ts";
import { shapeText } from "../graph/shape.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import { drawnShapes } from "./drawnShapes.ts";
import type { Model } from "./model.ts";
import { drawingFrom } from "./trainContext.ts";

export interface ExampleLoopOptions {
  readonly model: Model;
  readonly params: readonly Tensor[];
  readonly x: Tensor;
  readonly targets: Tensor | undefined;
  /** What the layers drew for the whole batch, in the order of the draws. */
  readonly draws: readonly Tensor[];
  /** The entries whose gradients count. */
  readonly wanted: readonly number[];
}

/**
 * Squared length of each example's gradient with respect to some params, [batch]: the model traced for one example, in
 * a loop over the batch. Each example sees the random values that it saw in its batch.
 */
export function loopSquaredNorms({ model, params, x, targets, draws, wanted }: ExampleLoopOptions): Tensor {
  const { loss } = model;
  const batch = x.shape[0]!;
  const single = (tensor: Tensor): Shape => [1, ...tensor.shape.slice(1)];
  const shapes = drawnShapes(model, params, single(x));
  const split = draws.map((draw, i) => splitDraw(draw, shapes[i]!, batch));
  const sequences = [x, ...(targets ? [targets] : []), ...split.flatMap(({ sequence }) => sequence ?? [])];
  const fixed = split.flatMap(({ constant: whole }) => whole ?? []);
  const { outputs } = scan({
    carry: [],
    sequences,
    constants: [...params, ...fixed],
    step(_, items, constants) {
      const own = constants.slice(0, params.length);
      const [xItem, ...rest] = items as [Tensor, ...Tensor[]];
      const targetItem = targets && reshape(rest.shift()!, single(targets));
      const shared = constants.slice(params.length);
      const drawn = split.map(({ sequence }, i) => reshape((sequence ? rest : shared).shift()!, shapes[i]!));
      const ctx = drawingFrom(() => drawn.shift()!);
      const given = reshape(xItem, single(x));
      const losses = loss.losses(model.apply(own, given, ctx), targetItem, { x: given, ctx });
      const grads = gradients(
        reduceSum(losses),
        wanted.map((i) => own[i]!),
      );
      const squares = grads.map((grad) => reduceSum(mul(grad, grad)));
      return { carry: [], outputs: [squares.reduce((sum, square) => add(sum, square), constant(0))] };
    },
  });
  return outputs[0]!;
}

/** The draws of a batch example by example; one that all share as it is. */
function splitDraw(draw: Tensor, single: Shape, batch: number): { sequence?: Tensor; constant?: Tensor } {
  const differing = draw.shape.flatMap((size, axis) => (size === single[axis] ? [] : [axis]));
  if (differing.length === 0) return { constant: draw };
  const [axis] = differing as [number];
  if (differing.length > 1 || draw.shape[axis] !== batch || single[axis] !== 1) {
    throw new RangeError(
      `perExampleClipNorm expected draws with one axis of the batch, got ${shapeText(draw.shape)} and ${shapeText(single)} for one example`,
    );
  }
  const others = draw.shape.map((_, k) => k).filter((k) => k !== axis);
  return { sequence: transpose(draw, [axis, ...others]) };
}
