import { assertFinite, assertInteger } from "../../base/assert.ts";
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
  const sorted = [...permutation].sort((a, b) => a - b);
  if (permutation.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
    throw new RangeError(
      `transpose expected a permutation of the axes of ${shapeText(x.shape)}, got ${shapeText(permutation)}`,
    );
  }
  const shape = permutation.map((axis) => x.shape[axis]!);
  if (sorted.every((_, i) => permutation[i] === i)) return x;
  return createNode("transpose", [x], shape, { dtype: x.dtype, attributes: { permutation } });
}

/** Elements start, start + stride, ... along one axis: `size` of them. f32 or i32. */
export function slice(x: Tensor, axis: number, start: number, size: number, stride = 1): Tensor {
  assertAxis("slice", axis, x.shape);
  const available = x.shape[axis]!;
  assertInteger("start", start, 0, available - 1);
  assertInteger("stride", stride, 1);
  assertInteger("size", size, 1, Math.floor((available - start - 1) / stride) + 1);
  if (size === available) return x;
  const value = constantValue(x);
  const shape = withSize(x.shape, axis, size);
  if (value !== undefined) return constant(value, shape);
  return createNode("slice", [x], shape, { dtype: x.dtype, attributes: { axis, start, size, stride } });
}

/** The values in the opposite order along the axes. */
export function reverse(x: Tensor, axes: readonly number[]): Tensor {
  assertDType("reverse", "f32", x);
  for (const axis of axes) assertAxis("reverse", axis, x.shape);
  const sorted = [...new Set(axes)].sort((a, b) => a - b);
  return sorted.length === 0 ? x : createNode("reverse", [x], x.shape, { attributes: { axes: sorted } });
}

export interface PadOptions {
  /** Padding elements between each two neighbours; 0 when absent. */
  readonly interior?: number;
  /** What is put there; 0 when absent. */
  readonly value?: number;
}

/** Padding before, after and between the values along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number, options: PadOptions = {}): Tensor {
  const { interior = 0, value = 0 } = options;
  assertDType("pad", "f32", x);
  assertAxis("pad", axis, x.shape);
  assertInteger("before", before, 0);
  assertInteger("after", after, 0);
  assertInteger("interior", interior, 0);
  assertFinite("value", value);
  if (before + after + interior === 0) return x;
  const old = x.shape[axis]!;
  const size = old + (old - 1) * interior + before + after;
  return createNode("pad", [x], withSize(x.shape, axis, size), {
    attributes: { axis, before, after, interior, value: Math.fround(value) },
  });
}

/** The tensors one after the other along one axis. @throws RangeError unless all other sizes agree. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first, ...rest] = tensors;
  if (!first) throw new RangeError("concat expected at least one tensor, got none");
  assertAxis("concat", axis, first.shape);
  for (const tensor of rest) {
    assertDType("concat", first.dtype, tensor);
    if (!sameShape(withSize(tensor.shape, axis, 1), withSize(first.shape, axis, 1))) {
      const shapes = `${shapeText(first.shape)} and ${shapeText(tensor.shape)}`;
      throw new RangeError(`concat expected equal sizes but along axis ${axis}, got ${shapes}`);
    }
  }
  if (rest.length === 0) return first;
  const size = tensors.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return createNode("concat", tensors, withSize(first.shape, axis, size), { dtype: first.dtype, attributes: { axis } });
}

function withSize(shape: Shape, axis: number, size: number): Shape {
  return shape.map((old, i) => (i === axis ? size : old));
}
