import { ELEMENTWISE_OPS } from "../opset.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The axis of the result that axis `axis` of input `i` becomes, if each place along it is made from that place alone;
 * `undefined` if places along it meet.
 */
export type ExampleAxisRule = (node: Tensor, i: number, axis: number) => number | undefined;

const broadcast: ExampleAxisRule = (node, i, axis) => axis + node.shape.length - node.inputs[i]!.shape.length;

/** Axes that the op works along, others are left alone. */
const leavesOthers: ExampleAxisRule = ({ attributes }, _, axis) => {
  const along = (attributes.axes ?? [attributes.axis]) as readonly number[];
  return along.includes(axis) ? undefined : axis;
};

const reduced: ExampleAxisRule = (node, i, axis) => {
  const axes = node.attributes.axes as readonly number[];
  const kept = leavesOthers(node, i, axis);
  return kept === undefined ? undefined : kept - axes.filter((other) => other < axis).length;
};

const rowByRow: ExampleAxisRule = (node, _, axis) => (axis < node.shape.length - 1 ? axis : undefined);

const firstAxis: ExampleAxisRule = (_, __, axis) => (axis === 0 ? 0 : undefined);

/** Rows of a and columns of b appear in the product; a stack stays; along the inner axis all meet. */
const matmul: ExampleAxisRule = ({ shape, attributes }, i, axis) => {
  const rank = shape.length;
  if (axis < rank - 2) return axis;
  const isLast = axis === rank - 1;
  if (i === 0) return isLast === (attributes.transposeA === true) ? rank - 2 : undefined;
  return isLast === (attributes.transposeB === true) ? undefined : rank - 1;
};

/** Ops that may keep examples apart; one that is missing counts as one that mixes them. */
export const exampleAxisRules: Readonly<Record<string, ExampleAxisRule>> = {
  ...Object.fromEntries(ELEMENTWISE_OPS.map((op) => [op, broadcast])),
  stopGradient: broadcast,
  toInt: broadcast,
  toFloat: broadcast,
  broadcastTo: broadcast,
  matmul,
  reduceSum: reduced,
  reduceMax: reduced,
  cumulativeSum: leavesOthers,
  slice: leavesOthers,
  reverse: leavesOthers,
  pad: leavesOthers,
  concat: leavesOthers,
  transpose: ({ attributes }, _, axis) => (attributes.permutation as readonly number[]).indexOf(axis),
  gather: (_, i, axis) => (i === 1 ? axis : undefined),
  conv2d: (_, i, axis) => (i === 0 && axis === 0 ? 0 : undefined),
  maxPool2d: firstAxis,
  maxPool2dGrad: firstAxis,
  standardise: rowByRow,
  standardiseGrad: rowByRow,
  softmax: rowByRow,
  softmaxGrad: rowByRow,
  logSoftmax: rowByRow,
  softmaxCrossEntropy: firstAxis,
  softmaxCrossEntropyGrad: firstAxis,
};
