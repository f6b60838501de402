import * as ops from "../../../shared/graph/ops.ts";
import type { GradientCheck } from "../../support/gradientCheck.ts";

const indices = ops.input("indices", [4], "i32");
const indexed = { extraInputs: [indices], feeds: { indices: [2, 0, 2, 1] } };
const window = { strides: [2, 1], dilations: [1, 2], padding: [1, 2, 0, 3] } as const;
/** Values that differ pairwise by more than the check's step, so that no maximum changes hands. */
const spread = ops.literal(
  Array.from({ length: 24 }, (_, i) => (i * 7) % 24),
  [24],
);
const distinct = (a: Parameters<typeof ops.add>[0]) => ops.add(ops.reshape(spread, a.shape), a);

/** Gradient checks of the ops beyond dense networks. */
export const moreGradientCases: Record<string, GradientCheck> = {
  "matmul of a stack": {
    shapes: [
      [2, 3, 2],
      [2, 2, 3],
    ],
    apply: (a, b) => ops.matmul(a!, b!),
  },
  "matmul of a stack, both transposed": {
    shapes: [
      [2, 2, 3],
      [2, 3, 2],
    ],
    apply: (a, b) => ops.matmul(a!, b!, { transposeA: true, transposeB: true }),
  },
  "matmul of a stack and a matrix": {
    shapes: [
      [2, 3, 2],
      [2, 3],
    ],
    apply: (a, b) => ops.matmul(a!, b!),
  },
  rsqrt: { shapes: [[3]], range: [0.5, 2], apply: (a) => ops.rsqrt(a!) },
  abs: {
    shapes: [[4]],
    range: [0.1, 1],
    apply: (a) => ops.abs(ops.sub(ops.constant(2), ops.mul(a!, ops.constant(5)))),
  },
  erf: { shapes: [[5]], range: [-2, 2], apply: (a) => ops.erf(a!) },
  sin: { shapes: [[5]], range: [-3, 3], apply: (a) => ops.sin(a!) },
  cos: { shapes: [[5]], range: [-3, 3], apply: (a) => ops.cos(a!) },
  pow: { shapes: [[4], [4]], range: [0.5, 2], apply: (a, b) => ops.pow(a!, b!) },
  "pow of a constant exponent": { shapes: [[4]], apply: (a) => ops.pow(a!, ops.constant(3)) },
  maximum: { shapes: [[2, 3], [3]], apply: (a, b) => ops.maximum(a!, ops.mul(b!, ops.constant(2))) },
  minimum: { shapes: [[2, 3], [3]], apply: (a, b) => ops.minimum(a!, ops.mul(b!, ops.constant(2))) },
  gelu: { shapes: [[6]], range: [-3, 3], apply: (a) => ops.gelu(a!) },
  geluGrad: { shapes: [[5], [5]], range: [-2, 2], apply: (dy, x) => ops.geluGrad(dy!, x!) },
  reduceMax: { shapes: [[2, 3, 4]], apply: (a) => ops.reduceMax(distinct(a!), [0, 2]) },
  cumulativeSum: { shapes: [[2, 3, 2]], apply: (a) => ops.cumulativeSum(a!, 1) },
  "cumulativeSum in reverse": { shapes: [[2, 3, 2]], apply: (a) => ops.cumulativeSum(a!, 1, { reverse: true }) },
  "slice with a stride": { shapes: [[2, 9]], apply: (a) => ops.slice(a!, 1, 1, 3, 3) },
  reverse: { shapes: [[2, 3, 2]], apply: (a) => ops.reverse(a!, [0, 1]) },
  "pad between": { shapes: [[2, 3]], apply: (a) => ops.pad(a!, 1, 2, 1, { interior: 2, value: 3 }) },
  concat: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    apply: (a, b) => ops.concat([a!, b!, a!], 1),
  },
  gather: { shapes: [[3, 2]], apply: (table) => ops.gather(table!, indices), ...indexed },
  scatterAdd: { shapes: [[4, 2]], apply: (x) => ops.scatterAdd(x!, indices, 3), ...indexed },
  "scatterAdd that leaves rows out": {
    shapes: [[4, 2]],
    apply: (x) => ops.scatterAdd(x!, indices, 2),
    ...indexed,
  },
  conv2d: {
    shapes: [
      [2, 4, 3, 2],
      [2, 2, 2, 3],
    ],
    apply: (x, w) => ops.conv2d(x!, w!),
  },
  "conv2d with strides, dilations, padding": {
    shapes: [
      [1, 6, 5, 2],
      [3, 2, 2, 2],
    ],
    apply: (x, w) => ops.conv2d(x!, w!, window),
  },
  "conv2d whose last pixels no window reaches": {
    shapes: [
      [1, 6, 6, 1],
      [2, 3, 1, 2],
    ],
    apply: (x, w) => ops.conv2d(x!, w!, { strides: [3, 2] }),
  },
  "conv2d with more padding than the filter reaches": {
    shapes: [
      [1, 3, 3, 1],
      [2, 1, 1, 2],
    ],
    apply: (x, w) => ops.conv2d(x!, w!, { padding: [2, 2, 1, 2] }),
  },
  conv2dFilterGrad: {
    shapes: [
      [1, 5, 4, 2],
      [1, 2, 3, 2],
    ],
    apply: (x, dy) => ops.conv2dFilterGrad(x!, dy!, [3, 2], { strides: [2, 1] }),
  },
  maxPool2d: {
    shapes: [[1, 4, 6, 1]],
    apply: (a) => ops.maxPool2d(distinct(a!), [3, 2], { strides: [1, 2], padding: [1, 0, 0, 0] }),
  },
  standardise: { shapes: [[2, 5]], apply: (x) => ops.standardise(x!, 0.1) },
  softmaxGrad: {
    shapes: [
      [2, 4],
      [2, 4],
    ],
    apply: (dy, y) => ops.softmaxGrad(dy!, y!),
  },
  logSoftmax: { shapes: [[2, 4]], apply: (a) => ops.logSoftmax(a!) },
};
