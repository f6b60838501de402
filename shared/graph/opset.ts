/**
 * Version of the meaning of the primitive ops; part of every model document. New ops do not raise it: who does not know
 * one refuses the document by the name of the layer or op.
 */
export const OPSET_VERSION = 1;

/**
 * Every op that a backend must run; README.md of this folder gives the meaning, shapes and attributes of each.
 * Anything else is an `OpDefinition` and is lowered to these.
 */
export const PRIMITIVE_OPS = [
  "input",
  "constant",
  "literal",
  "matmul",
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "exp",
  "log",
  "sqrt",
  "rsqrt",
  "abs",
  "floor",
  "erf",
  "sin",
  "cos",
  "pow",
  "maximum",
  "minimum",
  "greater",
  "greaterEqual",
  "equal",
  "where",
  "relu",
  "tanh",
  "sigmoid",
  "gelu",
  "reluGrad",
  "tanhGrad",
  "sigmoidGrad",
  "geluGrad",
  "stopGradient",
  "toInt",
  "toFloat",
  "reduceSum",
  "reduceMax",
  "cumulativeSum",
  "broadcastTo",
  "reshape",
  "transpose",
  "slice",
  "reverse",
  "pad",
  "concat",
  "gather",
  "scatterAdd",
  "conv2d",
  "conv2dFilterGrad",
  "maxPool2d",
  "maxPool2dGrad",
  "random",
  "advanceRandom",
  "standardise",
  "standardiseGrad",
  "softmax",
  "softmaxGrad",
  "logSoftmax",
  "softmaxCrossEntropy",
  "softmaxCrossEntropyGrad",
  "numCorrect",
  "scan",
  "scanOutput",
] as const;

export type PrimitiveOp = (typeof PRIMITIVE_OPS)[number];

/** Ops that make each f32 from those at its own place, operands stretched as NumPy does. */
export const ELEMENTWISE_OPS = [
  ...(["add", "sub", "mul", "div", "neg", "exp", "log", "sqrt", "rsqrt", "abs", "floor", "erf", "sin", "cos"] as const),
  ...(["pow", "maximum", "minimum", "greater", "greaterEqual", "equal", "where"] as const),
  ...(["relu", "tanh", "sigmoid", "gelu", "reluGrad", "tanhGrad", "sigmoidGrad", "geluGrad"] as const),
] as const satisfies readonly PrimitiveOp[];

export type ElementwiseOp = (typeof ELEMENTWISE_OPS)[number];

export function isElementwiseOp(op: string): op is ElementwiseOp {
  return (ELEMENTWISE_OPS as readonly string[]).includes(op);
}

export function isPrimitiveOp(op: string): op is PrimitiveOp {
  return (PRIMITIVE_OPS as readonly string[]).includes(op);
}
