import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import { add, constant, mul, reduceSum, relu, sqrt, sub } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";
import { featuresOfViews, splitViews } from "./splitViews.ts";

export interface TripletOptions {
  /** How much farther than the positive the negative must lie, >= 0. Default 1. */
  readonly margin?: number;
}

/** Added to each coordinate's difference, so that the distance of equal vectors has a gradient; PyTorch's too. */
const EPSILON = 1e-6;

/**
 * max(0, |anchor - positive| - |anchor - negative| + margin), Euclidean.
 * Outputs [batch, 3, features] or [batch, 3 · features]: anchor, positive, negative of each example; takes no targets.
 * Source: Balntas et al. 2016, eq. 1 (ranking loss); PyTorch's TripletMarginLoss with p = 2.
 * @throws RangeError if the margin is below 0.
 */
export function tripletLoss({ margin = 1 }: TripletOptions = {}): Loss {
  assertFinite("margin", margin, 0);
  return {
    name: "triplet",
    prediction: "values",
    targets(_, outputShape) {
      featuresOfViews("triplet", outputShape, 3);
      return undefined;
    },
    losses(outputs) {
      const [anchor, positive, negative] = splitViews("triplet", outputs, 3) as [Tensor, Tensor, Tensor];
      return relu(add(sub(distance(anchor, positive), distance(anchor, negative)), constant(margin)));
    },
  };
}

function distance(a: Tensor, b: Tensor): Tensor {
  const difference = add(sub(a, b), constant(EPSILON));
  return sqrt(reduceSum(mul(difference, difference), [1]));
}

export const tripletKind = lossKind(
  "triplet",
  { margin: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e6))) },
  tripletLoss,
);
