import * as ops from "../../../shared/graph/ops.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";

/** Options of one case of a fixture, as the script wrote them. */
// biome-ignore lint/suspicious/noExplicitAny: each builder below knows the options of its own op
export type TorchOptions = Readonly<Record<string, any>>;

/** How a case of the op fixtures is said in Headwater: from its inputs and options to its results. */
export type BuildOp = (inputs: readonly Tensor[], options: TorchOptions) => Tensor | readonly Tensor[];

const unary = (op: (x: Tensor) => Tensor): BuildOp => {
  return ([x]) => op(x!);
};
const binary = (op: (a: Tensor, b: Tensor) => Tensor): BuildOp => {
  return ([a, b]) => op(a!, b!);
};
const along = (op: (x: Tensor, axes: readonly number[]) => Tensor): BuildOp => {
  return ([x], { axes }) => op(x!, axes);
};

/** By the "op" of a case: a primitive, or a use of several. */
export const torchOps: Readonly<Record<string, BuildOp>> = {
  ...Object.fromEntries(
    [ops.add, ops.sub, ops.mul, ops.div, ops.pow, ops.maximum, ops.minimum, ops.greater, ops.greaterEqual, ops.equal]
      .concat([ops.reluGrad, ops.tanhGrad, ops.sigmoidGrad, ops.geluGrad])
      .concat([ops.softmaxCrossEntropy, ops.softmaxGrad, ops.numCorrect, ops.gather])
      .map((op) => [op.name, binary(op)]),
  ),
  ...Object.fromEntries(
    [ops.neg, ops.exp, ops.log, ops.sqrt, ops.rsqrt, ops.abs, ops.erf, ops.sin, ops.cos, ops.floor, ops.stopGradient]
      .concat([ops.relu, ops.tanh, ops.sigmoid, ops.gelu, ops.softmax, ops.logSoftmax])
      .map((op) => [op.name, unary(op)]),
  ),
  powConstant: ([a], { exponent }) => ops.pow(a!, ops.constant(exponent)),
  where: ([condition, a, b]) => ops.where(condition!, a!, b!),
  toIntToFloat: ([x]) => ops.toFloat(ops.toInt(x!)),
  literal: ([x]) => ops.mul(x!, ops.literal([1, -2, 0.5], [3])),
  softmaxCrossEntropyGrad: ([logits, labels, dLosses]) => ops.softmaxCrossEntropyGrad(logits!, labels!, dLosses!),
  standardise: ([x], { epsilon }) => ops.standardise(x!, epsilon),
  standardiseGrad: ([dy, x], { epsilon }) => ops.standardiseGrad(dy!, x!, epsilon),

  reduceSum: along(ops.reduceSum),
  reduceMean: along(ops.reduceMean),
  reduceMax: along(ops.reduceMax),
  reduceSumOfTransposed: ([x], { axes }) => ops.reduceSum(ops.transpose(x!, [2, 0, 1]), axes),
  cumulativeSum: ([x], { axis, reverse = false }) => ops.cumulativeSum(x!, axis, { reverse }),

  broadcastTo: ([x], { shape }) => ops.broadcastTo(x!, shape),
  reshape: ([x], { shape }) => ops.reshape(x!, shape),
  reshapeOfTransposed: ([x], { shape }) => ops.reshape(ops.transpose(x!), shape),
  transpose: ([x], { permutation }) => ops.transpose(x!, permutation),
  slice: ([x], { axis, start, size, stride }) => ops.slice(x!, axis, start, size, stride),
  slicesSum: ([x]) => ops.add(ops.slice(x!, 0, 0, 5), ops.mul(ops.slice(x!, 0, 3, 5), ops.slice(x!, 0, 2, 5))),
  reverse: along(ops.reverse),
  pad: ([x], { axis, before, after, interior, value }) => ops.pad(x!, axis, before, after, { interior, value }),
  concat: (parts, { axis }) => ops.concat(parts, axis),
  concatOfItself: ([x], { axis }) => ops.concat([x!, ops.reverse(x!, [0]), x!], axis),

  matmul: ([a, b], { transposeA = false, transposeB = false }) => ops.matmul(a!, b!, { transposeA, transposeB }),
  matmulOfViews: ([a, b]) => ops.matmul(ops.slice(a!, 0, 1, 3, 2), ops.reverse(b!, [0]), { transposeA: true }),
  matmulOfHeads: ([x]) => ops.matmul(ops.transpose(x!, [0, 2, 1, 3]), ops.transpose(x!, [0, 2, 3, 1])),
  denseRelu: ([x, w, b]) => ops.relu(ops.add(ops.matmul(x!, w!), b!)),
  conv2d: ([x, w], options) => ops.conv2d(x!, w!, options),
  conv2dFilterGrad: ([x, dy], { kernel, ...options }) => ops.conv2dFilterGrad(x!, dy!, kernel, options),
  convBiasRelu: ([x, w, b]) => ops.relu(ops.add(ops.conv2d(x!, w!), b!)),
  maxPool2d: ([x], { kernel, ...options }) => ops.maxPool2d(x!, kernel, options),
  maxPool2dGrad: ([dy, x], { kernel, ...options }) => ops.maxPool2dGrad(dy!, x!, ops.maxPool2d(x!, kernel, options)),
  scatterAdd: ([x, indices], { rows }) => ops.scatterAdd(x!, indices!, rows),

  scanRecurrence([xs, h, w, u], { reverse }) {
    const { carry, outputs } = ops.scan({
      reverse,
      carry: [h!],
      sequences: [xs!],
      constants: [w!, u!],
      step: ([state], [x], [wIn, uIn]) => {
        const next = ops.tanh(ops.add(ops.matmul(x!, wIn!), ops.matmul(state!, uIn!)));
        return { carry: [next], outputs: [ops.mul(next, next)] };
      },
    });
    return [carry[0]!, outputs[0]!];
  },
  scanWithoutSequences([x]) {
    return ops.scan({ length: 5, carry: [x!], step: ([value]) => ({ carry: [ops.sigmoid(ops.mul(value!, value!))] }) })
      .carry[0]!;
  },
  scanWithinScan([a, b, xs]) {
    const { carry, outputs } = ops.scan({
      carry: [a!, b!],
      sequences: [xs!],
      step: ([p, q], [x]) => {
        const inner = ops.scan({
          length: 3,
          carry: [p!, q!],
          constants: [x!],
          step: ([u, v], _, [item]) => ({ carry: [v!, ops.add(ops.mul(u!, ops.constant(0.5)), item!)] }),
        });
        return { carry: inner.carry, outputs: [ops.mul(inner.carry[0]!, x!)] };
      },
    });
    return [...carry, ...outputs];
  },
};
