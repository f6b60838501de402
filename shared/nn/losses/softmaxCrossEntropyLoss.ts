import * as v from "valibot";
import { assertFinite } from "../../base/assert.ts";
import * as ops from "../../graph/ops.ts";
import { numElements, shapeText } from "../../graph/shape.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";
import { exampleMean, exampleSum, scaled } from "./exampleMean.ts";
import type { Loss } from "./loss.ts";
import { lossKind } from "./lossKind.ts";

export interface SoftmaxCrossEntropyOptions {
  /** Share of the target's probability that is spread evenly over all classes, [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Weight of each class, >= 0. All 1 when absent. */
  readonly classWeights?: readonly number[];
  /**
   * Whether a position with a label below 0 does not count. Default: yes where an example has positions, no where it has
   * one label.
   */
  readonly ignoreNegative?: boolean;
}

/**
 * Cross-entropy of softmax(outputs) with class labels, in nats. Outputs [batch, ...positions, classes], labels i32
 * [batch, ...positions] within 0 .. classes - 1; an example has one label where there are no positions.
 *
 * An example's loss is the mean over its counted positions, weighted by the class weights of their labels, as PyTorch
 * averages: Σ w·loss / Σ w; 0 if none counts. Where an example has one label its loss is w·loss, and a batch is divided
 * by its number of examples, not by Σ w as in PyTorch: that sum would tie an example's gradient to the others of its
 * batch. Scale the weights to a mean of 1 to keep the learning rate's meaning.
 * Label smoothing: Szegedy et al. 2016, section 7, arXiv:1512.00567; with class weights as in PyTorch.
 */
export function softmaxCrossEntropyLoss(options: SoftmaxCrossEntropyOptions = {}): Loss {
  const { labelSmoothing = 0, classWeights, ignoreNegative } = options;
  assertFinite("labelSmoothing", labelSmoothing, 0, 1 - Number.EPSILON);
  for (const weight of classWeights ?? []) assertFinite("classWeights", weight, 0);
  const allowsNegative = (positions: Shape): boolean => ignoreNegative ?? positions.length > 0;

  return {
    name: "softmaxCrossEntropy",
    prediction: "classes",
    targets(batchSize, outputShape) {
      const positions = outputShape.slice(0, -1);
      const numClasses = outputShape.at(-1);
      if (numClasses === undefined || (classWeights && classWeights.length !== numClasses)) {
        throw new RangeError(
          `softmaxCrossEntropy expected ${classWeights?.length ?? "one or more"} classes along the last axis, got outputs ${shapeText([batchSize, ...outputShape])}`,
        );
      }
      return {
        shape: [batchSize, ...positions],
        dtype: "i32",
        numClasses,
        allowsNegative: allowsNegative(positions),
      };
    },

    losses(outputs, targets: Tensor) {
      const positions = targets.shape.slice(1);
      const ignores = allowsNegative(positions);
      if (outputs.shape.length === 2 && !ignores && !classWeights && labelSmoothing === 0) {
        return ops.softmaxCrossEntropy(outputs, targets);
      }
      const flat = [numElements(targets.shape)];
      const logits = ops.reshape(outputs, [...flat, outputs.shape.at(-1)!]);
      const given = ops.reshape(targets, flat);
      // The labels of positions that do not count must be classes, or their loss would be NaN.
      const labels = ignores ? ops.toInt(ops.maximum(ops.toFloat(given), ops.constant(0))) : given;
      const classes = classWeights && ops.literal(classWeights, [classWeights.length]);
      const weights = classes && ops.gather(classes, labels);

      let losses = scaled(weighted(ops.softmaxCrossEntropy(logits, labels), weights), 1 - labelSmoothing);
      if (labelSmoothing > 0) {
        const spread = ops.reduceSum(weighted(ops.logSoftmax(logits), classes), [1]);
        losses = ops.sub(losses, scaled(spread, labelSmoothing / logits.shape[1]!));
      }
      const counted = ignores ? countedPositions(given) : undefined;
      const perPosition = ops.reshape(weighted(losses, counted), targets.shape);
      if (positions.length === 0) return perPosition;
      if (!counted && !weights) return exampleMean(perPosition);
      const share = counted ? weighted(counted, weights) : weights!;
      const total = exampleSum(ops.reshape(share, targets.shape));
      return ops.div(exampleSum(perPosition), oneWhereZero(total));
    },

    numCorrect(outputs, targets: Tensor) {
      if (outputs.shape.length === 2) return ops.numCorrect(outputs, targets);
      const right = ops.reshape(correctPositions(outputs, targets), targets.shape);
      if (!allowsNegative(targets.shape.slice(1))) return ops.reduceSum(exampleMean(right));
      const total = exampleSum(countedPositions(targets));
      return ops.reduceSum(ops.div(exampleSum(right), oneWhereZero(total)));
    },
  };
}

/** 1 where the label is no less than 0. */
function countedPositions(labels: Tensor): Tensor {
  return ops.greaterEqual(ops.toFloat(labels), ops.constant(0));
}

/** 1 at each position, [all positions], whose largest logit, the first of equals, is the label's. */
function correctPositions(outputs: Tensor, targets: Tensor): Tensor {
  const classes = outputs.shape.at(-1)!;
  const count = numElements(targets.shape);
  const logits = ops.reshape(outputs, [count, classes]);
  const isLargest = ops.equal(logits, ops.reshape(ops.reduceMax(logits, [1]), [count, 1]));
  const isFirst = ops.equal(ops.cumulativeSum(isLargest, 1), ops.constant(1));
  const numbers = ops.range(classes, [1, classes]);
  const isLabel = ops.equal(ops.reshape(ops.toFloat(targets), [count, 1]), numbers);
  return ops.reduceSum(ops.mul(ops.mul(isLargest, isFirst), isLabel), [1]);
}

function weighted(values: Tensor, weights: Tensor | undefined): Tensor {
  return weights ? ops.mul(values, weights) : values;
}

/** What an example without any counted position divides its sum of 0 by. */
function oneWhereZero(total: Tensor): Tensor {
  return ops.where(ops.greater(total, ops.constant(0)), total, ops.constant(1));
}

const weightSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1e6));

export const softmaxCrossEntropyKind = lossKind(
  "softmaxCrossEntropy",
  {
    labelSmoothing: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.999))),
    classWeights: v.exactOptional(v.pipe(v.array(weightSchema), v.minLength(2), v.maxLength(16_384))),
    ignoreNegative: v.exactOptional(v.boolean()),
  },
  softmaxCrossEntropyLoss,
);
