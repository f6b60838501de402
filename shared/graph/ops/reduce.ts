import { createNode } from "../node.ts";
import { assertAxis, assertDType, numElements } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./elementwise.ts";
import { constant } from "./leaves.ts";

/** Sum over the axes (all of them when absent), which disappear from the shape. */
export function reduceSum(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  assertDType("reduceSum", "f32", x);
  for (const axis of axes) assertAxis("reduceSum", axis, x.shape);
  const summed = [...new Set(axes)].sort((a, b) => a - b);
  if (summed.length === 0) return x;
  const shape = x.shape.filter((_, axis) => !summed.includes(axis));
  return createNode("reduceSum", [x], shape, { attributes: { axes: summed } });
}

/** Mean over the axes (all of them when absent): the sum times 1 / count. */
export function reduceMean(x: Tensor, axes?: readonly number[]): Tensor {
  const sum = reduceSum(x, axes);
  return mul(sum, constant(numElements(sum.shape) / numElements(x.shape)));
}
