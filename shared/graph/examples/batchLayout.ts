import { numElements } from "../shape.ts";
import type { Shape, Tensor } from "../tensor.ts";

/**
 * How a tensor depends on the examples of a batch:
 * - `undefined`: on none of them;
 * - a number, its stride: each element on one. In row-major order the tensor is [outer, batch, stride], and element
 *   (o, b, i) depends on example b alone. That view survives every reshape, wherever within an axis the batch is;
 * - `mixedBy`: on several, or on one that cannot be told; the first node where that happened.
 */
export type BatchLayout = undefined | number | { readonly mixedBy: Tensor };

export interface BatchLayoutOptions {
  /** Examples in the batch, at least 2: where there is one, all depends on it. */
  readonly batch: number;
  /** What is known beforehand: the strides of the leaves that hold the examples. The walk stops there. */
  readonly known: ReadonlyMap<Tensor, BatchLayout>;
}

export function isMixed(layout: BatchLayout): layout is { readonly mixedBy: Tensor } {
  return typeof layout === "object";
}

/** Where the batch is within a shape: an axis of before · batch · after places; `undefined` if it spans axes. */
export function findExamples(
  shape: Shape,
  stride: number,
  batch: number,
): { readonly axis: number; readonly before: number; readonly after: number } | undefined {
  const axis = shape.findIndex((size, k) => {
    const below = numElements(shape.slice(k + 1));
    return stride % below === 0 && (size * below) % (stride * batch) === 0;
  });
  if (axis < 0) return undefined;
  const after = stride / numElements(shape.slice(axis + 1));
  return { axis, before: shape[axis]! / (batch * after), after };
}
