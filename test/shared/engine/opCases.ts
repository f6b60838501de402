import * as ops from "../../../shared/graph/ops.ts";
import type { Shape, Tensor } from "../../../shared/graph/tensor.ts";

/** One use of ops that every backend must run alike. */
export interface OpCase {
  readonly name: string;
  readonly shapes?: readonly Shape[];
  /** Inputs are drawn uniformly from here; [-2, 2] when absent. */
  readonly range?: readonly [number, number];
  readonly build: (inputs: readonly Tensor[], labels: Tensor) => Tensor | readonly Tensor[];
}

type Case = OpCase;

export const labels = [2, 0, 4, 4, 1, 3, 2];
const rows: Shape = [7, 5];

const matmulCases: Case[] = [
  [1, 1, 1],
  [2, 3, 1],
  [3, 9, 2],
  [4, 64, 3],
  [5, 65, 4],
  [10, 300, 10],
  [13, 7, 23],
  [11, 257, 12],
].flatMap(([m, k, n]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      name: `matmul ${m}x${k}x${n}${transposeA ? " a transposed" : ""}${transposeB ? " b transposed" : ""}`,
      shapes: [transposeA ? [k!, m!] : [m!, k!], transposeB ? [n!, k!] : [k!, n!]],
      range: [-1, 1] as const,
      build: ([a, b]: readonly Tensor[]) => ops.matmul(a!, b!, { transposeA, transposeB }),
    })),
  ),
);

export const opCases: readonly OpCase[] = [
  ...matmulCases,
  ...[[7], [3, 5], [2, 3, 4]].flatMap((shape): Case[] => [
    { name: `add ${shape}`, shapes: [shape, shape], build: ([a, b]) => ops.add(a!, b!) },
    { name: `neg ${shape}`, shapes: [shape], build: ([a]) => ops.neg(a!) },
  ]),
  { name: "sub of a row", shapes: [[6, 5], [5]], build: ([a, b]) => ops.sub(a!, b!) },
  { name: "mul of a column and a row", shapes: [[6, 1], [5]], build: ([a, b]) => ops.mul(a!, b!) },
  { name: "div by a scalar", shapes: [[2, 3, 3], []], range: [0.5, 2], build: ([a, b]) => ops.div(a!, b!) },
  { name: "a - b·c", shapes: [[4, 3], [], [4, 3]], build: ([a, b, c]) => ops.sub(a!, ops.mul(b!, c!)) },
  { name: "b·c + a", shapes: [[4, 3], [3], [4, 3]], build: ([a, b, c]) => ops.add(ops.mul(b!, c!), a!) },
  { name: "exp", shapes: [[41]], range: [-10, 3], build: ([a]) => ops.exp(a!) },
  { name: "exp at the edges of f32", shapes: [[37]], range: [-104, -80], build: ([a]) => ops.exp(a!) },
  { name: "log", shapes: [[41]], range: [1e-6, 4], build: ([a]) => ops.log(a!) },
  { name: "log of denormals", shapes: [[9]], range: [1e-44, 1e-38], build: ([a]) => ops.log(a!) },
  { name: "sqrt", shapes: [[10]], range: [0, 4], build: ([a]) => ops.sqrt(a!) },
  { name: "greater", shapes: [[6, 5], [5]], build: ([a, b]) => ops.greater(a!, b!) },
  {
    name: "where",
    shapes: [[6, 5], [5], []],
    build: ([a, b, c]) => ops.where(ops.greater(a!, ops.constant(0)), b!, c!),
  },
  { name: "relu", shapes: [[3, 7]], build: ([a]) => ops.relu(a!) },
  { name: "tanh", shapes: [[101]], range: [-9, 9], build: ([a]) => ops.tanh(a!) },
  { name: "sigmoid", shapes: [[101]], range: [-20, 20], build: ([a]) => ops.sigmoid(a!) },
  { name: "reluGrad", shapes: [rows, rows], build: ([a, b]) => ops.reluGrad(a!, b!) },
  { name: "tanhGrad", shapes: [rows, rows], range: [-1, 1], build: ([a, b]) => ops.tanhGrad(a!, b!) },
  { name: "sigmoidGrad", shapes: [rows, rows], range: [0, 1], build: ([a, b]) => ops.sigmoidGrad(a!, b!) },
  ...[[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]].map(
    (axes): Case => ({ name: `reduceSum ${axes}`, shapes: [[3, 6, 5]], build: ([a]) => ops.reduceSum(a!, axes) }),
  ),
  { name: "reduceSum of a transposed", shapes: [[9, 6]], build: ([a]) => ops.reduceSum(ops.transpose(a!), [0]) },
  { name: "broadcastTo", shapes: [[3, 1]], build: ([a]) => ops.broadcastTo(a!, [2, 3, 5]) },
  { name: "reshape", shapes: [[3, 4]], build: ([a]) => ops.reshape(a!, [2, 6]) },
  { name: "reshape of a transposed", shapes: [[3, 4]], build: ([a]) => ops.reshape(ops.transpose(a!), [12]) },
  { name: "transpose", shapes: [[2, 3, 5]], build: ([a]) => ops.transpose(a!, [2, 0, 1]) },
  { name: "slice", shapes: [[4, 6, 3]], build: ([a]) => ops.slice(a!, 1, 2, 3) },
  { name: "sum of two slices", shapes: [[8]], build: ([a]) => ops.add(ops.slice(a!, 0, 0, 5), ops.slice(a!, 0, 3, 5)) },
  { name: "pad", shapes: [[3, 4]], build: ([a]) => ops.pad(a!, 1, 2, 1) },
  { name: "softmax", shapes: [[3, 4, 7]], range: [-50, 50], build: ([a]) => ops.softmax(a!) },
  { name: "softmaxCrossEntropy", shapes: [rows], build: ([a], y) => ops.softmaxCrossEntropy(a!, y) },
  {
    name: "softmaxCrossEntropyGrad",
    shapes: [rows, [7]],
    build: ([a, d], y) => ops.softmaxCrossEntropyGrad(a!, y, d!),
  },
  {
    name: "softmaxCrossEntropyGrad of a mean",
    shapes: [rows],
    build: ([a], y) => ops.softmaxCrossEntropyGrad(a!, y, ops.constant(1 / 7, [7])),
  },
  { name: "numCorrect", shapes: [rows], build: ([a], y) => ops.numCorrect(a!, y) },
  {
    name: "relu(x·w + b)",
    shapes: [[10, 70], [70, 13], [13]],
    range: [-1, 1],
    build: ([x, w, b]) => ops.relu(ops.add(ops.matmul(x!, w!), b!)),
  },
  {
    name: "relu(x·w) whose product is needed too",
    shapes: [
      [4, 5],
      [5, 3],
    ],
    build: ([x, w]) => {
      const product = ops.matmul(x!, w!);
      return [ops.relu(product), product];
    },
  },
  ...[false, true].map(
    (reverse): Case => ({
      name: `scan of a recurrence${reverse ? " in reverse" : ""}`,
      shapes: [
        [5, 2, 3],
        [2, 4],
        [3, 4],
        [4, 4],
      ],
      range: [-1, 1],
      build: ([xs, h, wx, wh]) => {
        const { carry, outputs } = ops.scan({
          reverse,
          carry: [h!],
          sequences: [xs!],
          constants: [wx!, wh!],
          step: ([state], [x], [inW, stateW]) => {
            const next = ops.tanh(ops.add(ops.matmul(x!, inW!), ops.matmul(state!, stateW!)));
            return { carry: [next], outputs: [ops.mul(next, next)] };
          },
        });
        return [...carry, ...outputs];
      },
    }),
  ),
  {
    name: "scan whose carries change places, within a scan",
    shapes: [[3], [3], [4, 3]],
    build: ([a, b, xs]) => {
      const outer = ops.scan({
        carry: [a!, b!],
        sequences: [xs!],
        step: ([p, q], [x]) => {
          const inner = ops.scan({
            length: 3,
            carry: [p!, q!],
            constants: [x!],
            step: ([u, v], _, [fixed]) => ({ carry: [v!, ops.add(ops.mul(u!, ops.constant(0.5)), fixed!)] }),
          });
          return { carry: inner.carry, outputs: [inner.carry[0]!] };
        },
      });
      return [...outer.carry, ...outer.outputs];
    },
  },
];
