import type { DType, Shape, Tensor } from "./tensor.ts";

/** Product of the sizes; 1 for a scalar. */
export function numElements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** "[10, 784]" */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Elements between neighbours along each axis of a row-major array. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/**
 * Common shape under NumPy's broadcasting: axes align from the right; a size of 1 stretches.
 * @throws RangeError naming the op and both shapes when they do not fit.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const sizeA = a[a.length - rank + i] ?? 1;
    const sizeB = b[b.length - rank + i] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new RangeError(`${op} expected shapes that broadcast, got ${shapeText(a)} and ${shapeText(b)}`);
    }
    return Math.max(sizeA, sizeB);
  });
}

/** @throws RangeError unless every size is a whole number >= 1. */
export function assertShape(label: string, shape: Shape): void {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new RangeError(`"${label}" expected whole sizes >= 1, got ${shapeText(shape)}`);
  }
}

/** @throws TypeError naming the op unless every tensor has the element type. */
export function assertDType(op: string, dtype: DType, ...tensors: readonly Tensor[]): void {
  for (const tensor of tensors) {
    if (tensor.dtype !== dtype) {
      throw new TypeError(`${op} expected ${dtype}, got ${tensor.dtype} ${shapeText(tensor.shape)}`);
    }
  }
}

/** @throws RangeError naming the op unless the axis exists in the shape. */
export function assertAxis(op: string, axis: number, shape: Shape): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new RangeError(`${op} expected an axis of ${shapeText(shape)}, got ${axis}`);
  }
}
