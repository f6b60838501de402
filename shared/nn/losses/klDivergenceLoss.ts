import { constant, greater, log, logSoftmax, mul, reduceSum, sub, where } from "../../graph/ops.ts";
import { shapeText } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { exampleMean } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

/**
 * Kullback-Leibler divergence of softmax(outputs) from target distributions: Σ t (log t - log softmax(outputs)) along the
 * last axis, meaned over positions, in nats. Targets: f32 [batch, ...outputShape], each >= 0 with a sum of 1 along the last
 * axis; a target of 0 adds nothing.
 */
export function klDivergenceLoss(): Loss {
  return {
    name: "klDivergence",
    prediction: "classes",
    targets(batchSize, outputShape) {
      if (outputShape.length === 0) {
        throw new RangeError(`klDivergence expected outputs [batch, ..., classes], got ${shapeText([batchSize])}`);
      }
      return { shape: [batchSize, ...outputShape], dtype: "f32" };
    },
    losses(outputs, targets: Tensor) {
      const zero = constant(0);
      const logTargets = log(where(greater(targets, zero), targets, constant(1)));
      const divergence = mul(targets, sub(logTargets, logSoftmax(outputs)));
      return exampleMean(reduceSum(divergence, [outputs.shape.length - 1]));
    },
  };
}

export const klDivergenceKind = lossKind("klDivergence", {}, klDivergenceLoss);
