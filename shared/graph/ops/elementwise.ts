import { createNode } from "../node.ts";
import { assertDType, broadcastShapes, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { constant, constantValue } from "./leaves.ts";

// Element by element over f32, with NumPy's broadcasting. Constants fold here, so that a gradient's seed of 1 and the
// 1 / batch of a mean cost nothing at run time.

/** a + b. Shapes broadcast. @throws RangeError if they do not. */
export function add(a: Tensor, b: Tensor): Tensor {
  return withoutNeutral(a, b, 0) ?? withoutNeutral(b, a, 0) ?? binary("add", a, b, (x, y) => x + y);
}

/** a - b. Shapes broadcast. @throws RangeError if they do not. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return withoutNeutral(a, b, 0) ?? binary("sub", a, b, (x, y) => x - y);
}

/** a · b, element by element. Shapes broadcast. @throws RangeError if they do not. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return withoutNeutral(a, b, 1) ?? withoutNeutral(b, a, 1) ?? binary("mul", a, b, (x, y) => x * y);
}

/** a / b. Shapes broadcast. @throws RangeError if they do not. */
export function div(a: Tensor, b: Tensor): Tensor {
  return withoutNeutral(a, b, 1) ?? binary("div", a, b, (x, y) => x / y);
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

/** 1 / sqrt(x): infinity at 0, NaN below. */
export function rsqrt(x: Tensor): Tensor {
  return unary("rsqrt", x);
}

/** |x|; its gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return unary("abs", x);
}

/** The largest whole number <= x. No gradient flows. */
export function floor(x: Tensor): Tensor {
  return unary("floor", x);
}

/** The error function 2/√π ∫₀ˣ e^-t² dt. */
export function erf(x: Tensor): Tensor {
  return unary("erf", x);
}

/** Sine of x in radians. */
export function sin(x: Tensor): Tensor {
  return unary("sin", x);
}

/** Cosine of x in radians. */
export function cos(x: Tensor): Tensor {
  return unary("cos", x);
}

/** a to the power b; NaN where a < 0 and b is no whole number. Shapes broadcast. */
export function pow(a: Tensor, b: Tensor): Tensor {
  return binary("pow", a, b);
}

/** The larger of a and b; NaN if either is. Of equals the gradient goes to a. Shapes broadcast. */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return binary("maximum", a, b);
}

/** The smaller of a and b; NaN if either is. Of equals the gradient goes to a. Shapes broadcast. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return binary("minimum", a, b);
}

/** 1 where a > b, else 0. No gradient flows through a comparison. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return binary("greater", a, b);
}

/** 1 where a >= b, else 0. No gradient flows through a comparison. */
export function greaterEqual(a: Tensor, b: Tensor): Tensor {
  return binary("greaterEqual", a, b);
}

/** 1 where a = b, else 0. No gradient flows through a comparison. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return binary("equal", a, b);
}

/** `a` where the condition is not 0, else `b`. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  assertDType("where", "f32", condition, a, b);
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
  return createNode("where", [condition, a, b], shape);
}

/** The value of x, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return unary("stopGradient", x);
}

/** f32 -> i32, towards zero: how token ids and row numbers come out of f32 inputs. NaN is 0. No gradient flows. */
export function toInt(x: Tensor): Tensor {
  assertDType("toInt", "f32", x);
  return createNode("toInt", [x], x.shape, { dtype: "i32" });
}

/** i32 -> f32, rounded to nearest beyond 2^24. */
export function toFloat(x: Tensor): Tensor {
  assertDType("toFloat", "i32", x);
  return createNode("toFloat", [x], x.shape);
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
  if (fold && x !== undefined && y !== undefined && Number.isFinite(Math.fround(fold(x, y)))) {
    return constant(fold(x, y), shape);
  }
  return createNode(op, [a, b], shape);
}

/** x where the other operand is the constant that changes nothing, and does not stretch x. */
function withoutNeutral(x: Tensor, other: Tensor, neutral: number): Tensor | undefined {
  if (constantValue(other) !== neutral || x.dtype !== "f32") return undefined;
  return sameShape(broadcastShapes("elementwise", x.shape, other.shape), x.shape) ? x : undefined;
}
