import { rowMajorStrides } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";

/** Coordinates of the element at a row-major index. */
export function coordinates(index: number, shape: Shape): number[] {
  return rowMajorStrides(shape).map((stride, axis) => Math.floor(index / stride) % shape[axis]!);
}

/** Row-major index within `shape` of the element that broadcasts to the coordinates: axes align from the right. */
export function indexWithin(at: readonly number[], shape: Shape): number {
  const offset = at.length - shape.length;
  return rowMajorStrides(shape).reduce((index, stride, axis) => {
    return shape[axis] === 1 ? index : index + stride * at[offset + axis]!;
  }, 0);
}
