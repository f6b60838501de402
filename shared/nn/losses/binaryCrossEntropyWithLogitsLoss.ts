import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import { add, constant, equal, greater, literal, mul, reduceSum, sub } from "../../graph/ops.ts";
import { shapeText } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { exampleMean } from "./exampleMean.ts";
import { logisticLoss } from "./logisticLoss.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

export interface BinaryCrossEntropyOptions {
  /** Weight of the positive targets, >= 0: one for all, or one for each place of the last axis. Default 1. */
  readonly posWeight?: number | readonly number[];
}

/**
 * Mean over an example's outputs of -posWeight · y log p - (1 - y) log(1 - p), p = sigmoid(output), in nats: each output is
 * the logit of a yes. Targets: f32 [batch, ...outputShape] within 0 .. 1 (labels 0 and 1 as bytes will do). An output is
 * right if its sign is that of target - 1/2. As PyTorch's BCEWithLogitsLoss.
 * @throws RangeError if a weight is below 0.
 */
export function binaryCrossEntropyWithLogitsLoss({ posWeight = 1 }: BinaryCrossEntropyOptions = {}): Loss {
  const weights = typeof posWeight === "number" ? [posWeight] : posWeight;
  for (const weight of weights) assertFinite("posWeight", weight, 0);
  return {
    name: "binaryCrossEntropyWithLogits",
    prediction: "labels",
    targets(batchSize, outputShape) {
      if (typeof posWeight !== "number" && posWeight.length !== outputShape.at(-1)) {
        throw new RangeError(
          `binaryCrossEntropyWithLogits expected a posWeight for each output, got ${posWeight.length} for ${shapeText(outputShape)}`,
        );
      }
      return { shape: [batchSize, ...outputShape], dtype: "f32" };
    },
    losses: (outputs, targets: Tensor) => exampleMean(binaryCrossEntropy(outputs, targets, posWeight)),
    numCorrect(outputs, targets: Tensor) {
      const right = equal(greater(outputs, constant(0)), greater(targets, constant(0.5)));
      return reduceSum(exampleMean(right));
    },
  };
}

/** The loss of each element, for logits and targets of one shape: (1 - y) x + (1 + (w - 1) y) log(1 + e^-x). */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor, posWeight: number | readonly number[] = 1): Tensor {
  const no = mul(sub(constant(1), targets), logits);
  if (posWeight === 1) return add(no, logisticLoss(logits));
  const extra =
    typeof posWeight === "number"
      ? constant(posWeight - 1)
      : literal(
          posWeight.map((weight) => weight - 1),
          [posWeight.length],
        );
  return add(no, mul(add(constant(1), mul(extra, targets)), logisticLoss(logits)));
}

const weightSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1e6));

export const binaryCrossEntropyWithLogitsKind = lossKind(
  "binaryCrossEntropyWithLogits",
  {
    posWeight: v.exactOptional(
      v.union([weightSchema, v.pipe(v.array(weightSchema), v.minLength(1), v.maxLength(16_384))]),
    ),
  },
  binaryCrossEntropyWithLogitsLoss,
);
