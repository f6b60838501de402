import { cos, pow, sin } from "../../../base/math.ts";
import { add, literal } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Layer } from "../../layer.ts";

/** Elements of the table that is made while tracing. */
const MAX_ELEMENTS = 2 ** 20;

/**
 * Adds a fixed vector for each position: sin(t / 10000^(2i / features)) at feature 2i, the cosine at 2i + 1.
 * Shapes: x [batch, time, features] -> the same. Source: Vaswani et al. 2017, section 3.5, arXiv:1706.03762.
 * @throws RangeError unless x has three axes and time · features is at most 2^20.
 */
export function sinusoidalPositions(): Layer<never> {
  return {
    name: "sinusoidalPositions",
    document: { kind: "sinusoidalPositions" },
    init: {},
    apply(_, x) {
      const [, time, features] = x.shape as [number, number, number];
      if (x.shape.length !== 3 || time * features > MAX_ELEMENTS) {
        throw new RangeError(
          `sinusoidalPositions expected x [batch, time, features] with time · features <= ${MAX_ELEMENTS}, got ${shapeText(x.shape)}`,
        );
      }
      return add(x, literal(encodings(time, features), [time, features]));
    },
  };
}

function encodings(time: number, features: number): number[] {
  const wavelengths = Array.from({ length: features }, (_, k) => pow(10000, (k - (k % 2)) / features));
  return Array.from({ length: time * features }, (_, element) => {
    const feature = element % features;
    const angle = (element - feature) / features / wavelengths[feature]!;
    return feature % 2 === 0 ? sin(angle) : cos(angle);
  });
}
