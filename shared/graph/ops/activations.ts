import { createNode } from "../node.ts";
import { assertDType, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** max(x, 0) */
export function relu(x: Tensor): Tensor {
  return activation("relu", x);
}

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return activation("tanh", x);
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: Tensor): Tensor {
  return activation("sigmoid", x);
}

/** x · Φ(x) with the exact normal distribution function. Source: Hendrycks and Gimpel 2016, eq. 1, arXiv:1606.08415. */
export function gelu(x: Tensor): Tensor {
  return activation("gelu", x);
}

// The gradients take the activation's output y, not its input: training then keeps one buffer a layer, and a backend
// fuses them into the product that makes dy.

/** dy where y > 0, else 0. */
export function reluGrad(dy: Tensor, y: Tensor): Tensor {
  return activationGrad("reluGrad", dy, y);
}

/** dy · (1 - y²) */
export function tanhGrad(dy: Tensor, y: Tensor): Tensor {
  return activationGrad("tanhGrad", dy, y);
}

/** dy · y · (1 - y) */
export function sigmoidGrad(dy: Tensor, y: Tensor): Tensor {
  return activationGrad("sigmoidGrad", dy, y);
}

/** dy · (Φ(x) + x · φ(x)): unlike the others it takes the input, because y does not determine x. */
export function geluGrad(dy: Tensor, x: Tensor): Tensor {
  return activationGrad("geluGrad", dy, x);
}

function activation(op: string, x: Tensor): Tensor {
  assertDType(op, "f32", x);
  return createNode(op, [x], x.shape);
}

function activationGrad(op: string, dy: Tensor, y: Tensor): Tensor {
  assertDType(op, "f32", dy, y);
  if (!sameShape(dy.shape, y.shape)) {
    throw new RangeError(`${op} expected equal shapes, got ${shapeText(dy.shape)} and ${shapeText(y.shape)}`);
  }
  return createNode(op, [dy, y], y.shape);
}
