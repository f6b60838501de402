import type { Rng } from "../base/rng.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { ApplyContext } from "../nn/applyContext.ts";
import type { Loss } from "../nn/losses/loss.ts";
import type { ParamsSpec } from "../params/paramsSpec.ts";
import type { ModelDocument } from "./modelDocument.ts";

/** A model document made ready to initialise and to trace. */
export interface Model {
  readonly document: ModelDocument;
  readonly spec: ParamsSpec;
  readonly loss: Loss;
  /** What the model says of one example: [classes], [time, vocabulary], [nodes, classes], ... */
  readonly outputShape: Shape;
  /** Elements of the output for one example, the product of `outputShape`. */
  readonly outputSize: number;
  /** Where the model tells classes apart, how many: the size of the last axis. */
  readonly numClasses?: number;
  /** Fresh params, [spec.length]: the same for the same rng, on every machine. */
  init(rng: Rng): Float32Array;
  /**
   * Traces the layers: params in the order of `spec.entries`, x [batch, ...input.shape] already preprocessed
   * -> [batch, ...outputShape].
   * @throws RangeError naming the layer whose input does not fit.
   */
  apply(params: readonly Tensor[], x: Tensor, ctx: ApplyContext): Tensor;
  /** `apply`, with what its last layer that has params is given: the representation [batch, ...]. */
  applyInTwo(params: readonly Tensor[], x: Tensor, ctx: ApplyContext): TwoParts;
  /** Entries of `spec` that the representation depends on, as places; none where it is the input of the model. */
  readonly representationEntries: readonly number[];
}

export interface TwoParts {
  readonly representation: Tensor;
  readonly outputs: Tensor;
}
