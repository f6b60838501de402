import * as ops from "../../../shared/graph/ops.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";
import type { OpCase } from "./opCases.ts";

const unary = (op: (x: Tensor) => Tensor, range: readonly [number, number]): OpCase => ({
  name: op.name,
  shapes: [[37]],
  range,
  build: ([a]) => op(a!),
});
const binary = (op: (a: Tensor, b: Tensor) => Tensor): OpCase => ({
  name: op.name,
  shapes: [[6, 5], [5]],
  range: [-1.4, 1.4],
  // Rounded, so that equal values occur.
  build: ([a, b]) => op(ops.floor(a!), ops.floor(b!)),
});
const rows = (a: Tensor, numRows: number): Tensor => ops.toInt(ops.mul(ops.abs(a), ops.constant(numRows / 2)));

/** A filter as the gradient of x has it. */
const turned = (w: Tensor): Tensor => ops.transpose(ops.reverse(w, [0, 1]), [0, 1, 3, 2]);

const window = { strides: [2, 1], dilations: [1, 2], padding: [1, 2, 0, 3] } as const;
const image = [2, 7, 6, 3] as const;

/** The ops beyond dense networks: index arithmetic, windows, stacks of matrices, random numbers. */
export const moreOpCases: readonly OpCase[] = [
  unary(ops.rsqrt, [0.1, 9]),
  unary(ops.abs, [-2, 2]),
  unary(ops.floor, [-3, 3]),
  unary(ops.erf, [-4, 4]),
  unary(ops.sin, [-50, 50]),
  unary(ops.cos, [-50, 50]),
  unary(ops.gelu, [-6, 6]),
  { name: "pow", shapes: [[33], [33]], range: [0.1, 2], build: ([a, b]) => ops.pow(a!, b!) },
  { name: "pow of negative values", shapes: [[9]], build: ([a]) => ops.pow(a!, ops.constant(3)) },
  binary(ops.maximum),
  binary(ops.minimum),
  binary(ops.greaterEqual),
  binary(ops.equal),
  { name: "geluGrad", shapes: [[41], [41]], range: [-5, 5], build: ([dy, x]) => ops.geluGrad(dy!, x!) },
  { name: "stopGradient", shapes: [[3, 4]], build: ([a]) => ops.stopGradient(a!) },
  { name: "toInt and toFloat", shapes: [[19]], range: [-9, 9], build: ([a]) => ops.toFloat(ops.toInt(a!)) },
  {
    name: "literal",
    shapes: [[2, 3]],
    build: ([a]) => [ops.add(a!, ops.literal([1, -2, 0.5], [3])), ops.toFloat(ops.literal([7, -1], [2], "i32"))],
  },
  ...[[0], [2], [0, 2], [0, 1, 2]].map(
    (axes): OpCase => ({ name: `reduceMax ${axes}`, shapes: [[3, 6, 5]], build: ([a]) => ops.reduceMax(a!, axes) }),
  ),
  ...[0, 1, 2].flatMap((axis) =>
    [false, true].map(
      (reverse): OpCase => ({
        name: `cumulativeSum along ${axis}${reverse ? " in reverse" : ""}`,
        shapes: [[3, 4, 5]],
        build: ([a]) => ops.cumulativeSum(a!, axis, { reverse }),
      }),
    ),
  ),
  { name: "slice with a stride", shapes: [[3, 11]], build: ([a]) => ops.slice(a!, 1, 2, 3, 4) },
  { name: "reverse", shapes: [[3, 4, 2]], build: ([a]) => ops.reverse(a!, [0, 2]) },
  {
    name: "reverse of a transposed slice",
    shapes: [[5, 7]],
    build: ([a]) => ops.reverse(ops.transpose(ops.slice(a!, 1, 1, 4)), [1]),
  },
  { name: "pad between", shapes: [[3, 4]], build: ([a]) => ops.pad(a!, 1, 2, 1, { interior: 2, value: -1.5 }) },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 1],
      [2, 4],
    ],
    build: (parts) => ops.concat(parts, 1),
  },
  {
    name: "gather",
    shapes: [
      [5, 3],
      [4, 2],
    ],
    build: ([table, a]) => ops.gather(table!, rows(a!, 5)),
  },
  { name: "gather of scalars", shapes: [[5], [7]], build: ([table, a]) => ops.gather(table!, rows(a!, 5)) },
  {
    name: "gather that misses rows",
    shapes: [[3, 2], [9]],
    build: ([table, a]) => ops.gather(table!, rows(a!, 6), { missing: "zero" }),
  },
  { name: "scatterAdd", shapes: [[9, 6], [9]], build: ([x, a]) => ops.scatterAdd(x!, rows(a!, 4), 4) },
  {
    name: "scatterAdd that leaves rows out",
    shapes: [[9, 2], [9]],
    build: ([x, a]) => ops.scatterAdd(x!, rows(a!, 9), 3),
  },
  ...[
    [1, 4, 9, 7],
    [5, 3, 2, 4],
  ].flatMap(([stack, m, k, n]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map(
        (transposeB): OpCase => ({
          name: `matmul of ${stack} matrices ${m}x${k}x${n}${transposeA ? " a transposed" : ""}${transposeB ? " b transposed" : ""}`,
          shapes: [
            [stack!, ...(transposeA ? [k!, m!] : [m!, k!])],
            [stack!, ...(transposeB ? [n!, k!] : [k!, n!])],
          ],
          range: [-1, 1],
          build: ([a, b]) => ops.matmul(a!, b!, { transposeA, transposeB }),
        }),
      ),
    ),
  ),
  {
    name: "matmul of a stack and a matrix",
    shapes: [
      [2, 3, 4],
      [4, 5],
    ],
    build: ([a, b]) => ops.matmul(a!, b!),
  },
  {
    name: "matmul of transposed heads",
    shapes: [[2, 5, 3, 4]],
    range: [-1, 1],
    build: ([a]) => {
      const heads = ops.transpose(a!, [0, 2, 1, 3]);
      return ops.matmul(heads, heads, { transposeB: true });
    },
  },
  { name: "conv2d", shapes: [image, [3, 2, 3, 5]], range: [-1, 1], build: ([x, w]) => ops.conv2d(x!, w!) },
  {
    name: "conv2d of one channel",
    shapes: [
      [1, 9, 9, 1],
      [5, 5, 1, 13],
    ],
    range: [-1, 1],
    build: ([x, w]) => ops.conv2d(x!, w!, { padding: [2, 2, 2, 2] }),
  },
  {
    name: "conv2d with strides, dilations, padding",
    shapes: [image, [3, 2, 3, 4]],
    range: [-1, 1],
    build: ([x, w]) => ops.conv2d(x!, w!, window),
  },
  // Gradients of x: mostly zeros around dy, and between its pixels, of which padding cuts off some.
  {
    name: "conv2d by what each pixel adds",
    shapes: [
      [2, 4, 6, 8],
      [5, 3, 3, 8],
    ],
    range: [-1, 1],
    build: ([dy, w]) => ops.conv2d(dy!, turned(w!), { padding: [4, 4, 2, 2] }),
  },
  ...[0, 1].map(
    (padding): OpCase => ({
      name: `conv2d by what each pixel of a spread image adds, padding ${padding}`,
      shapes: [
        [2, 5, 3, 8],
        [3, 2, 9, 8],
      ],
      range: [-1, 1],
      build: ([dy, w]) => {
        const spread = ops.pad(ops.pad(dy!, 1, 0, 0, { interior: 1 }), 2, 0, 0, { interior: 2 });
        return ops.conv2d(spread, turned(w!), { padding: [padding, 2, padding, 1] });
      },
    }),
  ),
  // Large enough for Winograd's algorithm, with tiles that reach over the edge.
  ...[3, 5].flatMap((taps): OpCase[] => {
    const padding = [1, 1, 1, 1] as const;
    const size = 14 + 2 - taps + 1;
    return [
      {
        name: `conv2d of ${taps} x ${taps} by Winograd, and relu`,
        shapes: [[2, 14, 14, 16], [taps, taps, 16, 18], [18]],
        range: [-0.3, 0.3],
        build: ([x, w, b]) => ops.relu(ops.add(ops.conv2d(x!, w!, { padding }), b!)),
      },
      {
        name: `conv2dFilterGrad of ${taps} x ${taps} by Winograd`,
        shapes: [
          [2, 14, 14, 16],
          [2, size, size, 18],
        ],
        range: [-0.3, 0.3],
        build: ([x, dy]) => ops.conv2dFilterGrad(x!, dy!, [taps, taps], { padding }),
      },
    ];
  }),
  {
    name: "conv2dFilterGrad",
    shapes: [image, [2, 5, 5, 6]],
    range: [-1, 1],
    build: ([x, dy]) => ops.conv2dFilterGrad(x!, dy!, [3, 2]),
  },
  {
    name: "conv2dFilterGrad with strides, dilations, padding",
    shapes: [image, [2, 4, 7, 5]],
    range: [-1, 1],
    build: ([x, dy]) => ops.conv2dFilterGrad(x!, dy!, [3, 2], window),
  },
  { name: "maxPool2d", shapes: [[2, 6, 4, 5]], build: ([x]) => ops.maxPool2d(x!, [2, 2]) },
  {
    name: "maxPool2d that overlaps, and its gradient",
    shapes: [
      [2, 6, 5, 5],
      [2, 3, 5, 5],
    ],
    range: [-3, 3],
    build: ([a, dy]) => {
      const x = ops.floor(a!); // equal maxima occur
      const y = ops.maxPool2d(x, [3, 3], { strides: [2, 1], padding: [1, 1, 1, 1] });
      return [y, ops.maxPool2dGrad(dy!, x, y)];
    },
  },
  ...[2, 3].map(
    (stride): OpCase => ({
      name: `the gradient of relu and maxPool2d by ${stride}`,
      shapes: [
        [2, 6, 6, 6],
        [2, 6 / stride, 6 / stride, 6],
      ],
      range: [-1.4, 1.4],
      build: ([a, dy]) => {
        const x = ops.relu(ops.floor(a!)); // windows of zeros occur
        const y = ops.maxPool2d(x, [stride, stride]);
        return ops.reluGrad(ops.maxPool2dGrad(dy!, x, y), x);
      },
    }),
  ),
  {
    name: "random",
    build: () => {
      const state = ops.literal([-5, 77, 3], [3], "i32");
      return [ops.random(state, [3, 7], 9), ops.random(ops.advanceRandom(state, 4), [5], 0)];
    },
  },
  { name: "standardise", shapes: [[2, 3, 7]], build: ([x]) => ops.standardise(x!, 1e-3) },
  {
    name: "standardiseGrad",
    shapes: [
      [5, 9],
      [5, 9],
    ],
    build: ([dy, x]) => ops.standardiseGrad(dy!, x!, 1e-3),
  },
  {
    name: "softmaxGrad",
    shapes: [
      [2, 3, 7],
      [2, 3, 7],
    ],
    build: ([dy, y]) => ops.softmaxGrad(dy!, y!),
  },
  { name: "logSoftmax", shapes: [[3, 4, 7]], range: [-50, 50], build: ([a]) => ops.logSoftmax(a!) },
];
