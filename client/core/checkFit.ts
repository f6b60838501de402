import type { Dataset } from "../../shared/data/dataset.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { TargetLayout } from "../../shared/nn/losses/loss.ts";
import { isLabel } from "../../shared/train/checkRows.ts";

/** What of a model decides whether data fits it; plain data, so that a page can ask without the code that builds models. */
export interface FitTarget {
  readonly name: string;
  readonly inputShape: readonly number[];
  /** What the loss reads of one example, [1, ...]; absent if it reads none. */
  readonly targets?: TargetLayout | undefined;
}

/**
 * Why this data cannot train this model, in words that say how to mend it; undefined if it can.
 * Shapes fit if they have as many elements: a row of 784 numbers is a [28, 28] image.
 */
export function findMisfit(model: FitTarget, data: Dataset): string | undefined {
  const expected = numElements(model.inputShape);
  const got = numElements(data.inputShape);
  if (got !== expected) {
    return (
      `the model "${model.name}" expected examples of ${expected} numbers (${model.inputShape.join(" x ")}), ` +
      `got ${got}; give it data with ${expected} inputs a row, beside the label`
    );
  }
  const layout = model.targets;
  if (!layout) return undefined;
  const { targets, targetSize } = data;
  const size = numElements(layout.shape);
  const { numClasses } = layout;
  if (numClasses === undefined) {
    if (targetSize !== size) {
      return `the model "${model.name}" expected ${size} target numbers a row, got ${targetSize}`;
    }
    if (!(targets instanceof Int32Array)) return undefined;
    return `the model "${model.name}" expected numbers to predict, got class labels`;
  }
  if (targets instanceof Float32Array || (size === 1 && targetSize !== 1)) {
    return `the model "${model.name}" expected class labels (whole numbers), got numbers to predict`;
  }
  if (targetSize !== size) {
    return `the model "${model.name}" expected ${size} class labels a row, got ${targetSize}`;
  }
  const at = targets.findIndex((label: number) => !isLabel(layout, label));
  if (at < 0) return undefined;
  return (
    `the model "${model.name}" expected labels 0 to ${numClasses - 1}, got ${targets[at]} in row ${Math.floor(at / size) + 1}; ` +
    "number the classes from 0, or join a run with that many classes"
  );
}
