import { createNode } from "../node.ts";
import { assertDType, broadcastShapes, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { constant, constantValue } from "./leaves.ts";

// Element by element over f32, with NumPy's broadcasting. Constants fold here, so that a gradient's seed of 1 and the
// 1 / batch of a mean cost nothing at run time.

/** a + b. Shapes broadcast. @throws RangeError if they do not. */
export function add(a: Tensor, b: Tensor): Tensor {
  return binary("add", a, b, (x, y) => x + y);
}

/** a - b. Shapes broadcast. @throws RangeError if they do not. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return binary("sub", a, b, (x, y) => x - y);
}

/** a · b, element by element. Shapes broadcast. @throws RangeError if they do not. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return times(a, b) ?? times(b, a) ?? binary("mul", a, b, (x, y) => x * y);
}

/** a / b. Shapes broadcast. @throws RangeError if they do not. */
export function div(a: Tensor, b: Tensor): Tensor {
  return binary("div", a, b);
}

/** -x */
export function neg(x: Tensor): Tensor {
  const value = constantValue(x);
  return value === undefined ? unary("neg", x) : constant(-value, x.shape);
}

/** e^x */
export function exp(x: Tensor): Tensor {
  return unary("exp", x);
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary("log", x);
}

/** Square root; NaN below 0. */
export function sqrt(x: Tensor): Tensor {
  return unary("sqrt", x);
}

/** 1 where a > b, else 0. No gradient flows through a comparison. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return binary("greater", a, b);
}

/** `a` where the condition is not 0, else `b`. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  assertDType("where", "f32", condition, a, b);
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
  return createNode("where", [condition, a, b], shape);
}

function unary(op: string, x: Tensor): Tensor {
  assertDType(op, "f32", x);
  return createNode(op, [x], x.shape);
}

function binary(op: string, a: Tensor, b: Tensor, fold?: (x: number, y: number) => number): Tensor {
  assertDType(op, "f32", a, b);
  const shape = broadcastShapes(op, a.shape, b.shape);
  const x = constantValue(a);
  const y = constantValue(b);
  if (fold && x !== undefined && y !== undefined) return constant(fold(x, y), shape);
  return createNode(op, [a, b], shape);
}

/** 1 · x is x, when the shapes agree. */
function times(factor: Tensor, x: Tensor): Tensor | undefined {
  if (constantValue(factor) !== 1) return undefined;
  return sameShape(broadcastShapes("mul", factor.shape, x.shape), x.shape) ? x : undefined;
}
