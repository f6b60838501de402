import { mul, reshape, slice, softmaxCrossEntropy, toInt } from "../../graph/ops.ts";
import { shapeText } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

/**
 * REINFORCE: -return · log π(action), π = softmax(outputs), whose gradient is that of the expected return, turned around.
 * Outputs: logits [batch, actions]. Targets: f32 [batch, 2], the action taken (a whole number 0 .. actions - 1) and the
 * return that followed, less its baseline. The value itself says nothing of how good the policy is.
 * Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", eq. 4.
 */
export function policyGradientLoss(): Loss {
  return {
    name: "policyGradient",
    prediction: "classes",
    targets(batchSize, outputShape) {
      if (outputShape.length !== 1) {
        const got = shapeText([batchSize, ...outputShape]);
        throw new RangeError(`policyGradient expected outputs [batch, actions], got ${got}`);
      }
      return { shape: [batchSize, 2], dtype: "f32" };
    },
    losses(outputs, targets: Tensor) {
      const [actions, returns] = [0, 1].map((i) => reshape(slice(targets, 1, i, 1), [targets.shape[0]!]));
      return mul(returns!, softmaxCrossEntropy(outputs, toInt(actions!)));
    },
  };
}

export const policyGradientKind = lossKind("policyGradient", {}, policyGradientLoss);
