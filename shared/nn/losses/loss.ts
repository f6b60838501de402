import type { DType, Shape, Tensor } from "../../graph/tensor.ts";

/** What a model's outputs are judged by. */
export interface Loss {
  readonly name: string;
  /** What the targets of a batch look like, for outputs [batch, outputSize]. */
  targets(batchSize: number, outputSize: number): { readonly shape: Shape; readonly dtype: DType };
  /** One loss an example: outputs [batch, outputSize], targets as `targets` says -> [batch]. */
  losses(outputs: Tensor, targets: Tensor): Tensor;
  /** Examples that the outputs get right, f32 []; absent where there is no right and wrong (regression). */
  numCorrect?(outputs: Tensor, targets: Tensor): Tensor;
}
