import { reduceSum } from "../ops/reduce.ts";
import { reshape } from "../ops/shaping.ts";
import type { Shape, Tensor } from "../tensor.ts";

/** The transpose of broadcasting: sums over every axis along which `shape` was stretched to that of x. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const added = x.shape.length - shape.length;
  const stretched = x.shape.flatMap((size, axis) => (axis < added || shape[axis - added] !== size ? [axis] : []));
  return reshape(reduceSum(x, stretched), shape);
}
