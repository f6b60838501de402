/** Version of the primitive ops and their meaning; part of every model document. */
export const OPSET_VERSION = 1;

/**
 * Every op that a backend must run; README.md of this folder gives the meaning, shapes and attributes of each.
 * Anything else is an `OpDefinition` and is lowered to these.
 */
export const PRIMITIVE_OPS = [
  "input",
  "constant",
  "matmul",
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "exp",
  "log",
  "sqrt",
  "greater",
  "where",
  "relu",
  "tanh",
  "sigmoid",
  "reluGrad",
  "tanhGrad",
  "sigmoidGrad",
  "reduceSum",
  "broadcastTo",
  "reshape",
  "transpose",
  "slice",
  "pad",
  "softmax",
  "softmaxCrossEntropy",
  "softmaxCrossEntropyGrad",
  "numCorrect",
  "scan",
  "scanOutput",
] as const;

export type PrimitiveOp = (typeof PRIMITIVE_OPS)[number];

export function isPrimitiveOp(op: string): op is PrimitiveOp {
  return (PRIMITIVE_OPS as readonly string[]).includes(op);
}
