import { gradients } from "../graph/gradients/gradients.ts";
import { add, constant, mul, reduceSum, reshape, scan, slice } from "../graph/ops.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { ApplyContext } from "../nn/applyContext.ts";
import { drawnShapes } from "./drawnShapes.ts";
import type { Model } from "./model.ts";
import { drawingFrom } from "./trainContext.ts";

export interface MicroBatchOptions {
  readonly model: Model;
  readonly params: readonly Tensor[];
  /** The params that are differentiated, as places within `params`. */
  readonly trainable: readonly number[];
  readonly x: Tensor;
  readonly targets: Tensor | undefined;
  readonly random: ApplyContext["random"];
  /** Examples that are in memory at a time, below the batch. */
  readonly microBatchSize: number;
}

export interface BatchGradients {
  /** Sum of the batch's losses, f32 []. */
  readonly lossSum: Tensor;
  /** Gradients of the batch's mean loss, in the order of the trainable params. */
  readonly grads: readonly Tensor[];
}

/**
 * The gradients of a batch by parts (gradient accumulation): a loop over whole micro-batches, then what is left. The same up to
 * rounding as in one go, in the memory of one part. Each part draws its own random values.
 */
export function microBatchGradients(options: MicroBatchOptions): BatchGradients {
  const { model, params, trainable, x, targets, random, microBatchSize } = options;
  const batch = x.shape[0]!;
  const parts = Math.floor(batch / microBatchSize);
  const looped = parts * microBatchSize;

  /** Sum of the losses, and of their gradients. */
  const sums = (own: readonly Tensor[], xPart: Tensor, targetPart: Tensor | undefined, ctx: ApplyContext): Tensor[] => {
    const loss = reduceSum(model.loss.losses(model.apply(own, xPart, ctx), targetPart, { x: xPart, ctx }));
    return [
      loss,
      ...gradients(
        loss,
        trainable.map((i) => own[i]!),
      ),
    ];
  };

  const part = (tensor: Tensor): Shape => [microBatchSize, ...tensor.shape.slice(1)];
  const stacked = (tensor: Tensor): Tensor => reshape(slice(tensor, 0, 0, looped), [parts, ...part(tensor)]);
  const draws = drawnShapes(model, params, part(x)).map((shape) => random([parts, ...shape]));
  const zeros = [constant(0), ...trainable.map((i) => constant(0, params[i]!.shape))];
  const { carry } = scan({
    carry: zeros,
    sequences: [stacked(x), ...(targets ? [stacked(targets)] : []), ...draws],
    constants: params,
    step(before, [xPart, ...rest], own) {
      const targetPart = targets && rest.shift();
      const ctx = drawingFrom(() => rest.shift()!);
      return { carry: sums(own, xPart!, targetPart, ctx).map((sum, i) => add(before[i]!, sum)) };
    },
  });
  const left = (tensor: Tensor): Tensor => slice(tensor, 0, looped, batch - looped);
  const last = batch > looped ? sums(params, left(x), targets && left(targets), drawingFrom(random)) : undefined;
  const [lossSum, ...grads] = carry.map((sum, i) => (last ? add(sum, last[i]!) : sum)) as [Tensor, ...Tensor[]];
  return { lossSum, grads: grads.map((grad) => mul(grad, constant(1 / batch))) };
}
