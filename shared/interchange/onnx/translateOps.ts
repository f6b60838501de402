import type { PrimitiveOp } from "../../graph/opset.ts";
import { ONNX_TYPE } from "./onnxMessages.ts";
import { translateGather, translateScatterAdd } from "./translateIndexing.ts";
import {
  translateBroadcastTo,
  translateConcat,
  translateConstant,
  translateLiteral,
  translatePad,
  translateReshape,
  translateReverse,
  translateSlice,
  translateTranspose,
} from "./translateShaping.ts";
import { translateConv2d, translateMaxPool2d } from "./translateWindows.ts";
import type { Translate, Translation } from "./translation.ts";

/** Ops that only training and losses use: no forward graph holds one. */
type TrainingOp =
  | "reluGrad"
  | "tanhGrad"
  | "sigmoidGrad"
  | "geluGrad"
  | "standardiseGrad"
  | "softmaxGrad"
  | "conv2dFilterGrad"
  | "maxPool2dGrad"
  | "random"
  | "advanceRandom"
  | "softmaxCrossEntropy"
  | "softmaxCrossEntropyGrad"
  | "numCorrect";

/** What a forward graph may hold, beside its inputs and loops. */
export type ForwardOp = Exclude<PrimitiveOp, TrainingOp | "input" | "scan" | "scanOutput">;

/** Each op in the words of ONNX's operator set 18. */
export const translateOps: Readonly<Record<ForwardOp, Translate>> = {
  constant: translateConstant,
  literal: translateLiteral,
  matmul({ node, inputs: [a, b], builder }) {
    const { transposeA, transposeB } = node.attributes;
    const rank = node.shape.length;
    const perm = [...node.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
    const turned = (name: string, isTransposed: unknown): string =>
      isTransposed ? builder.node("Transpose", [name], { perm }) : name;
    return builder.node("MatMul", [turned(a!, transposeA), turned(b!, transposeB)]);
  },
  add: same("Add"),
  sub: same("Sub"),
  mul: same("Mul"),
  div: same("Div"),
  neg: same("Neg"),
  exp: same("Exp"),
  log: same("Log"),
  sqrt: same("Sqrt"),
  rsqrt: ({ inputs, builder }) => builder.node("Reciprocal", [builder.node("Sqrt", inputs)]),
  abs: same("Abs"),
  floor: same("Floor"),
  erf: same("Erf"),
  sin: same("Sin"),
  cos: same("Cos"),
  pow: same("Pow"),
  maximum: same("Max"),
  minimum: same("Min"),
  greater: comparison("Greater"),
  greaterEqual: comparison("GreaterOrEqual"),
  equal: comparison("Equal"),
  where({ inputs: [condition, a, b], builder }) {
    return builder.node("Where", [builder.node("Cast", [condition!], { to: ONNX_TYPE.bool }), a!, b!]);
  },
  relu: same("Relu"),
  tanh: same("Tanh"),
  sigmoid: same("Sigmoid"),
  gelu({ inputs: [x], builder }) {
    // Gelu itself is younger than this operator set.
    const spread = builder.node("Erf", [builder.node("Mul", [x!, builder.floats([Math.SQRT1_2])])]);
    const doubled = builder.node("Mul", [x!, builder.node("Add", [spread, builder.floats([1])])]);
    return builder.node("Mul", [doubled, builder.floats([0.5])]);
  },
  standardise({ node, inputs: [x], builder }) {
    const size = node.shape.at(-1)!;
    const ones = builder.floats(new Array<number>(size).fill(1), [size]);
    return builder.node("LayerNormalization", [x!, ones], {
      axis: -1,
      epsilon: { float: node.attributes.epsilon as number },
    });
  },
  stopGradient: ({ inputs: [x] }) => x!,
  toInt: ({ inputs, builder }) => builder.node("Cast", inputs, { to: ONNX_TYPE.i32 }),
  toFloat: ({ inputs, builder }) => builder.node("Cast", inputs, { to: ONNX_TYPE.f32 }),
  reduceSum: reduction("ReduceSum"),
  reduceMax: reduction("ReduceMax"),
  cumulativeSum({ node, inputs: [x], builder }) {
    const { axis, reverse } = node.attributes as { axis: number; reverse: boolean };
    return builder.node("CumSum", [x!, builder.index(axis)], { reverse: Number(reverse) });
  },
  broadcastTo: translateBroadcastTo,
  reshape: translateReshape,
  transpose: translateTranspose,
  slice: translateSlice,
  reverse: translateReverse,
  pad: translatePad,
  concat: translateConcat,
  gather: translateGather,
  scatterAdd: translateScatterAdd,
  conv2d: translateConv2d,
  maxPool2d: translateMaxPool2d,
  softmax: lastAxis("Softmax"),
  logSoftmax: lastAxis("LogSoftmax"),
};

/** An op that ONNX has with the same meaning. */
function same(op: string): Translate {
  return ({ inputs, builder }) => builder.node(op, inputs);
}

/** ONNX compares to booleans; here the answer is 1 or 0. */
function comparison(op: string): Translate {
  return ({ inputs, builder }) => builder.node("Cast", [builder.node(op, inputs)], { to: ONNX_TYPE.f32 });
}

function reduction(op: string): Translate {
  return ({ node, inputs: [x], builder }: Translation) =>
    builder.node(op, [x!, builder.sizes(node.attributes.axes as readonly number[])], { keepdims: 0 });
}

function lastAxis(op: string): Translate {
  return ({ inputs, builder }) => builder.node(op, inputs, { axis: -1 });
}
