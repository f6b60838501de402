import { exp } from "../../base/math.ts";

/** Place of the largest logit, the first of equal ones: the predicted class. */
export function predictedClass(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** Softmax of one row as its parts: probability i is exp(logits[i] - largest) / total, in f64. */
export interface SoftmaxRow {
  readonly predicted: number;
  readonly largest: number;
  /** Sum of exp(logit - largest); in [1, numClasses], so it neither overflows nor vanishes. */
  readonly total: number;
}

export function softmaxRow(logits: Float32Array): SoftmaxRow {
  const predicted = predictedClass(logits);
  const largest = logits[predicted]!;
  let total = 0;
  for (const logit of logits) total += exp(logit - largest);
  return { predicted, largest, total };
}
