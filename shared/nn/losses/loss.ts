import type { DType, Shape, Tensor } from "../../graph/tensor.ts";
import type { ApplyContext } from "../applyContext.ts";

/** What the targets of a batch look like. */
export interface TargetLayout {
  /** [batch, ...] */
  readonly shape: Shape;
  /** i32 for class labels, f32 for values. */
  readonly dtype: DType;
  /** Labels lie within 0 .. numClasses - 1; absent for values. */
  readonly numClasses?: number;
  /** Whether a label below 0 says that its position does not count. */
  readonly allowsNegative?: boolean;
}

/** What else a loss may look at. */
export interface LossInputs {
  /** The model's own input [batch, ...inputShape], already preprocessed. */
  readonly x: Tensor;
  readonly ctx: ApplyContext;
}

/** What a model's outputs are judged by. An output has positions (times, nodes) where it has more axes than one. */
export interface Loss {
  readonly name: string;
  /**
   * What the outputs say: "classes", a logit for each class along the last axis; "labels", the logit of a yes at each
   * place; "values", the answer itself.
   */
  readonly prediction: "classes" | "labels" | "values";
  /** Whether the loss of an example depends on the others of its batch. */
  readonly mixesExamples?: boolean;
  /**
   * The targets of a batch, for outputs [batch, ...outputShape]; `undefined` if the loss takes none.
   * @throws RangeError if no output of that shape can be judged.
   */
  targets(batchSize: number, outputShape: Shape): TargetLayout | undefined;
  /**
   * One loss an example, the mean over its positions that count: outputs [batch, ...outputShape], targets as `targets`
   * says -> [batch].
   */
  losses(outputs: Tensor, targets: Tensor | undefined, inputs: LossInputs): Tensor;
  /**
   * Sum over the examples of the share of their counted positions that the outputs get right, f32 []; absent where there is
   * no right and wrong (regression).
   */
  numCorrect?(outputs: Tensor, targets: Tensor | undefined): Tensor;
}
