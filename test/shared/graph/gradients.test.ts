import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { isPrimitiveOp, PRIMITIVE_OPS } from "../../../shared/graph/opset.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { checkGradient, type GradientCheck } from "../../support/gradientCheck.ts";
import { moreGradientCases } from "./moreGradientCases.ts";

const labels = ops.input("labels", [3], "i32");
const signs = ops.sub(ops.constant(1), ops.pad(ops.constant(2, [4]), 0, 0, 4)); // -1 four times, then 1
const condition = ops.input("condition", [2, 1]);
const labelled = { extraInputs: [labels], feeds: { labels: [2, 0, 1] } };

/** Op under test -> a use of it. Every differentiable primitive has a row; the last test holds that. */
const cases: Record<string, GradientCheck> = {
  matmul: {
    shapes: [
      [2, 3],
      [3, 4],
    ],
    apply: (a, b) => ops.matmul(a!, b!),
  },
  "matmul, a transposed": {
    shapes: [
      [3, 2],
      [3, 4],
    ],
    apply: (a, b) => ops.matmul(a!, b!, { transposeA: true }),
  },
  "matmul, b transposed": {
    shapes: [
      [2, 3],
      [4, 3],
    ],
    apply: (a, b) => ops.matmul(a!, b!, { transposeB: true }),
  },
  "matmul, both transposed": {
    shapes: [
      [3, 2],
      [4, 3],
    ],
    apply: (a, b) => ops.matmul(a!, b!, { transposeA: true, transposeB: true }),
  },
  add: { shapes: [[2, 3], [3]], apply: (a, b) => ops.add(a!, b!) },
  sub: { shapes: [[3], [2, 3]], apply: (a, b) => ops.sub(a!, b!) },
  mul: {
    shapes: [
      [2, 1],
      [2, 3],
    ],
    apply: (a, b) => ops.mul(a!, b!),
  },
  "mul of a tensor with itself": { shapes: [[3]], apply: (a) => ops.mul(a!, a!) },
  div: { shapes: [[2, 3], []], range: [0.5, 2], apply: (a, b) => ops.div(a!, b!) },
  neg: { shapes: [[3]], apply: (a) => ops.neg(a!) },
  exp: { shapes: [[3]], apply: (a) => ops.exp(a!) },
  log: { shapes: [[3]], range: [0.5, 2], apply: (a) => ops.log(a!) },
  sqrt: { shapes: [[3]], range: [0.5, 2], apply: (a) => ops.sqrt(a!) },
  where: {
    shapes: [[2, 3], [3]],
    apply: (a, b) => ops.where(ops.greater(condition, ops.constant(0)), a!, b!),
    extraInputs: [condition],
    feeds: { condition: [1, -1] },
  },
  // One value on each side of the kink, never on it.
  relu: { shapes: [[8]], range: [0.1, 1], apply: (a) => ops.relu(ops.mul(a!, signs)) },
  tanh: { shapes: [[4]], apply: (a) => ops.tanh(a!) },
  sigmoid: { shapes: [[4]], apply: (a) => ops.sigmoid(a!) },
  reluGrad: { shapes: [[4], [4]], range: [0.1, 1], apply: (dy, y) => ops.reluGrad(dy!, y!) },
  tanhGrad: { shapes: [[4], [4]], apply: (dy, y) => ops.tanhGrad(dy!, y!) },
  sigmoidGrad: { shapes: [[4], [4]], apply: (dy, y) => ops.sigmoidGrad(dy!, y!) },
  reduceSum: { shapes: [[2, 3, 2]], apply: (a) => ops.reduceSum(a!, [0, 2]) },
  reduceMean: { shapes: [[2, 3]], apply: (a) => ops.reduceMean(a!, [1]) },
  broadcastTo: { shapes: [[2, 1]], apply: (a) => ops.broadcastTo(a!, [3, 2, 4]) },
  reshape: { shapes: [[2, 3]], apply: (a) => ops.reshape(a!, [3, 2]) },
  transpose: { shapes: [[2, 3, 4]], apply: (a) => ops.transpose(a!, [2, 0, 1]) },
  slice: { shapes: [[2, 5]], apply: (a) => ops.slice(a!, 1, 1, 3) },
  pad: { shapes: [[2, 3]], apply: (a) => ops.pad(a!, 0, 1, 2) },
  softmax: { shapes: [[2, 4]], apply: (a) => ops.softmax(a!) },
  softmaxCrossEntropy: { shapes: [[3, 4]], apply: (a) => ops.softmaxCrossEntropy(a!, labels), ...labelled },
  softmaxCrossEntropyGrad: {
    shapes: [[3, 4], [3]],
    apply: (a, d) => ops.softmaxCrossEntropyGrad(a!, labels, d!),
    ...labelled,
  },
};

describe("gradients", () => {
  for (const [name, check] of Object.entries({ ...cases, ...moreGradientCases })) {
    it(`agree with finite differences for ${name}`, () => checkGradient(check));
  }

  it("are checked for every differentiable primitive", () => {
    // Leaves and comparisons have no gradient; scan has a file of its own.
    const without = [
      ...[
        "input",
        "constant",
        "literal",
        "floor",
        "greater",
        "greaterEqual",
        "equal",
        "numCorrect",
        "scan",
        "scanOutput",
      ],
      ...["stopGradient", "toInt", "toFloat", "random", "advanceRandom", "maxPool2dGrad", "standardiseGrad"],
    ];
    const tested = { ...cases, ...moreGradientCases };
    const untested = PRIMITIVE_OPS.filter((op) => isPrimitiveOp(op) && !without.includes(op) && !(op in tested));
    expect(untested).toEqual([]);
  });

  it("sum over every path by which a tensor is used", () => {
    const x = ops.input("x", []);
    const loss = ops.add(ops.mul(x, x), ops.mul(ops.constant(3), x));
    const graph = createGraph({ inputs: [x], outputs: gradients(loss, [x]) });
    expect(runReference(graph, { x: [5] }).outputs[0]).toEqual(Float32Array.of(13)); // 2·5 + 3
  });

  it("are zeros for a tensor that the loss does not use", () => {
    const [x, unused] = [ops.input("x", []), ops.input("unused", [2])];
    const graph = createGraph({ inputs: [x, unused], outputs: gradients(x, [unused]) });
    expect(runReference(graph, { x: [1], unused: [1, 1] }).outputs[0]).toEqual(Float32Array.of(0, 0));
  });

  it("do not compute the gradient of what was not asked for", () => {
    const [x, w] = [ops.input("x", [2, 3]), ops.input("w", [3, 4])];
    const grads = gradients(ops.reduceSum(ops.matmul(x, w)), [w]);
    expect(topologicalOrder(grads).filter(({ op }) => op === "matmul")).toHaveLength(1);
  });

  it("do not flow through stopGradient and casts, and are refused where none is defined", () => {
    const x = ops.input("x", [3]);
    const loss = ops.reduceSum(ops.mul(ops.stopGradient(x), ops.toFloat(ops.toInt(x))));
    const graph = createGraph({ inputs: [x], outputs: gradients(loss, [x]) });
    expect(runReference(graph, { x: [1, 2, 3] }).outputs[0]).toEqual(new Float32Array(3));
    const image = ops.input("image", [1, 2, 2, 1]);
    const [dx] = gradients(ops.reduceSum(ops.maxPool2d(image, [2, 2])), [image]);
    expect(() => gradients(ops.reduceSum(dx!), [image])).toThrow("no second gradient");
  });

  it("refuse a loss that is no scalar", () => {
    const x = ops.input("x", [2]);
    expect(() => gradients(x, [x])).toThrow("gradients expected a scalar loss [], got [2]");
  });
});
