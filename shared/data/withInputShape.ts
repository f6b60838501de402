import { numElements } from "../graph/shape.ts";
import type { Shape } from "../graph/tensor.ts";
import type { Dataset } from "./dataset.ts";

/**
 * The same examples, in the same memory, seen in another shape: [784] as [28, 28, 1] for a convolution.
 * @throws RangeError unless both shapes hold the same number of elements.
 */
export function withInputShape(dataset: Dataset, inputShape: Shape): Dataset {
  if (numElements(inputShape) !== numElements(dataset.inputShape)) {
    throw new RangeError(
      `"inputShape" expected ${numElements(dataset.inputShape)} elements as in [${dataset.inputShape}], got [${inputShape}]`,
    );
  }
  return { ...dataset, inputShape };
}
