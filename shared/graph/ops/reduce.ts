import { createNode } from "../node.ts";
import { assertAxis, assertDType, numElements } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./elementwise.ts";
import { constant, constantValue } from "./leaves.ts";

/** Sum over the axes (all of them when absent), which disappear from the shape. */
export function reduceSum(x: Tensor, axes?: readonly number[]): Tensor {
  return reduce("reduceSum", x, axes);
}

/** Largest value over the axes (all of them when absent), which disappear. Equal maxima share the gradient evenly. */
export function reduceMax(x: Tensor, axes?: readonly number[]): Tensor {
  return reduce("reduceMax", x, axes);
}

/** Sums of the values up to and including each along one axis, or from each to the end when `reverse`. */
export function cumulativeSum(x: Tensor, axis: number, options: { readonly reverse?: boolean } = {}): Tensor {
  assertDType("cumulativeSum", "f32", x);
  assertAxis("cumulativeSum", axis, x.shape);
  return createNode("cumulativeSum", [x], x.shape, { attributes: { axis, reverse: options.reverse ?? false } });
}

function reduce(op: string, x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  assertDType(op, "f32", x);
  for (const axis of axes) assertAxis(op, axis, x.shape);
  const reduced = [...new Set(axes)].sort((a, b) => a - b);
  if (reduced.length === 0) return x;
  const shape = x.shape.filter((_, axis) => !reduced.includes(axis));
  const value = constantValue(x);
  const count = op === "reduceSum" ? numElements(x.shape) / numElements(shape) : 1;
  if (value !== undefined && Number.isFinite(Math.fround(value * count))) return constant(value * count, shape);
  return createNode(op, [x], shape, { attributes: { axes: reduced } });
}

/** Mean over the axes (all of them when absent): the sum times 1 / count. */
export function reduceMean(x: Tensor, axes?: readonly number[]): Tensor {
  const sum = reduceSum(x, axes);
  return mul(sum, constant(numElements(sum.shape) / numElements(x.shape)));
}
