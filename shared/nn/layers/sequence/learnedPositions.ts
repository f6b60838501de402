import { assertPositiveInteger } from "../../../base/assert.ts";
import { add, slice } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import { normal } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";

/**
 * Adds a learned vector for each position: y[:, t] = x[:, t] + w[t].
 * Shapes: x [batch, time, features] with time <= maxTime, w [maxTime, features] -> the shape of x.
 * Init: normal with mean 0 and standard deviation 1, as PyTorch's nn.Embedding. Source: Gehring et al. 2017, section 3.1,
 * arXiv:1705.03122.
 * @throws RangeError if a count is not positive, or x has other features or more steps.
 */
export function learnedPositions(maxTime: number, features: number): Layer<"w"> {
  assertPositiveInteger("maxTime", maxTime);
  assertPositiveInteger("features", features);
  return {
    name: `learnedPositions(${maxTime}, ${features})`,
    document: { kind: "learnedPositions", maxTime, features },
    init: { w: normal([maxTime, features], 1) },
    apply({ w }, x) {
      const time = x.shape[1]!;
      if (x.shape.length !== 3 || x.shape[2] !== features || time > maxTime) {
        throw new RangeError(
          `learnedPositions expected x [batch, <= ${maxTime}, ${features}], got ${shapeText(x.shape)}`,
        );
      }
      return add(x, slice(w, 0, 0, time));
    },
  };
}
