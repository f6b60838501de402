import { assertInteger } from "../../base/assert.ts";
import { createNode } from "../node.ts";
import { assertAxis, assertDType, assertShape, broadcastShapes, numElements, sameShape, shapeText } from "../shape.ts";
import type { Shape, Tensor } from "../tensor.ts";
import { constant, constantValue } from "./leaves.ts";

/** The same values, in row-major order, under another shape. @throws RangeError unless the element counts agree. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  assertShape("reshape", shape);
  if (numElements(shape) !== numElements(x.shape)) {
    throw new RangeError(
      `reshape expected ${numElements(x.shape)} elements as ${shapeText(x.shape)}, got ${shapeText(shape)}`,
    );
  }
  if (sameShape(shape, x.shape)) return x;
  const value = constantValue(x);
  return value === undefined ? createNode("reshape", [x], shape, { dtype: x.dtype }) : constant(value, shape);
}

/** Repeats values along new leading axes and axes of size 1. @throws RangeError unless the shape broadcasts so. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  assertDType("broadcastTo", "f32", x);
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new RangeError(
      `broadcastTo expected a shape that ${shapeText(x.shape)} stretches to, got ${shapeText(shape)}`,
    );
  }
  if (sameShape(shape, x.shape)) return x;
  const value = constantValue(x);
  return value === undefined ? createNode("broadcastTo", [x], shape) : constant(value, shape);
}

/** Axis `i` of the result is axis `permutation[i]` of x; reverses the axes when absent. */
export function transpose(
  x: Tensor,
  permutation: readonly number[] = x.shape.map((_, axis) => axis).reverse(),
): Tensor {
  assertDType("transpose", "f32", x);
  const sorted = [...permutation].sort((a, b) => a - b);
  if (permutation.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
    throw new RangeError(
      `transpose expected a permutation of the axes of ${shapeText(x.shape)}, got ${shapeText(permutation)}`,
    );
  }
  const shape = permutation.map((axis) => x.shape[axis]!);
  return createNode("transpose", [x], shape, { attributes: { permutation } });
}

/** Elements start .. start + size - 1 along one axis. */
export function slice(x: Tensor, axis: number, start: number, size: number): Tensor {
  assertDType("slice", "f32", x);
  assertAxis("slice", axis, x.shape);
  const available = x.shape[axis]!;
  assertInteger("start", start, 0, available - 1);
  assertInteger("size", size, 1, available - start);
  return createNode("slice", [x], withSize(x.shape, axis, size), { attributes: { axis, start, size } });
}

/** Zeros before and after the values along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  assertDType("pad", "f32", x);
  assertAxis("pad", axis, x.shape);
  assertInteger("before", before, 0);
  assertInteger("after", after, 0);
  const size = x.shape[axis]! + before + after;
  return createNode("pad", [x], withSize(x.shape, axis, size), { attributes: { axis, before, after } });
}

function withSize(shape: Shape, axis: number, size: number): Shape {
  return shape.map((old, i) => (i === axis ? size : old));
}
