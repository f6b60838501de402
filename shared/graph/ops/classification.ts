import { createNode } from "../node.ts";
import { assertDType, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** e^x / Σ e^x along the last axis, after taking away its maximum. */
export function softmax(x: Tensor): Tensor {
  assertDType("softmax", "f32", x);
  if (x.shape.length === 0) throw new RangeError("softmax expected at least one axis, got a scalar []");
  return createNode("softmax", [x], x.shape);
}

/**
 * Gradient of `y = softmax(x)` with respect to x: y · (dy - Σ dy · y), the sum along the last axis.
 * @throws RangeError unless both have one shape.
 */
export function softmaxGrad(dy: Tensor, y: Tensor): Tensor {
  assertDType("softmaxGrad", "f32", dy, y);
  if (!sameShape(dy.shape, y.shape)) {
    throw new RangeError(`softmaxGrad expected equal shapes, got ${shapeText(dy.shape)} and ${shapeText(y.shape)}`);
  }
  return createNode("softmaxGrad", [dy, y], y.shape);
}

/** x - log Σ e^x along the last axis, after taking away its maximum. */
export function logSoftmax(x: Tensor): Tensor {
  assertDType("logSoftmax", "f32", x);
  if (x.shape.length === 0) throw new RangeError("logSoftmax expected at least one axis, got a scalar []");
  return createNode("logSoftmax", [x], x.shape);
}

/**
 * Cross-entropy of softmax(logits) with class labels: log Σ e^logit - logit of the label, one loss an example.
 * Shapes: logits f32 [batch, classes], labels i32 [batch] within 0 .. classes - 1 -> [batch].
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const batch = assertClassified("softmaxCrossEntropy", logits, labels);
  return createNode("softmaxCrossEntropy", [logits, labels], [batch]);
}

/**
 * Gradient of `softmaxCrossEntropy` with respect to the logits: (softmax(logits) - onehot(labels)) · dLosses.
 * Shapes: logits [batch, classes], labels i32 [batch], dLosses [batch] -> [batch, classes].
 */
export function softmaxCrossEntropyGrad(logits: Tensor, labels: Tensor, dLosses: Tensor): Tensor {
  assertClassified("softmaxCrossEntropyGrad", logits, labels);
  assertDType("softmaxCrossEntropyGrad", "f32", dLosses);
  if (!sameShape(dLosses.shape, labels.shape)) {
    throw new RangeError(
      `softmaxCrossEntropyGrad expected one dLoss a label, got ${shapeText(dLosses.shape)} for ${shapeText(labels.shape)}`,
    );
  }
  return createNode("softmaxCrossEntropyGrad", [logits, labels, dLosses], logits.shape);
}

/**
 * Examples whose largest logit is at their label; the first of equal logits counts as the largest.
 * Shapes: logits f32 [batch, classes], labels i32 [batch] -> f32 [].
 */
export function numCorrect(logits: Tensor, labels: Tensor): Tensor {
  assertClassified("numCorrect", logits, labels);
  return createNode("numCorrect", [logits, labels], []);
}

function assertClassified(op: string, logits: Tensor, labels: Tensor): number {
  assertDType(op, "f32", logits);
  assertDType(op, "i32", labels);
  const [batch] = logits.shape;
  if (batch === undefined || logits.shape.length !== 2 || !sameShape(labels.shape, [batch])) {
    throw new RangeError(
      `${op} expected logits [batch, classes] and labels [batch], got ${shapeText(logits.shape)} and ${shapeText(labels.shape)}`,
    );
  }
  return batch;
}
