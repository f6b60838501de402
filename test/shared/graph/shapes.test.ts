import { describe, expect, it } from "vitest";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import * as ops from "../../../shared/graph/ops.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";

const a = ops.input("a", [2, 3]);
const b = ops.input("b", [2, 4]);
const scalar = ops.constant(1);
const labels = ops.input("labels", [3], "i32");

describe("op builders", () => {
  const bad: [string, () => Tensor, string][] = [
    [
      "matmul of inner sizes that differ",
      () => ops.matmul(a, b),
      "matmul expected equal inner sizes, got [2, 3] and [2, 4]",
    ],
    ["matmul of transposed operands", () => ops.matmul(a, b, { transposeB: true }), "b transposed"],
    ["matmul of a scalar", () => ops.matmul(a, scalar), "matmul expected matrices, got []"],
    [
      "add of shapes that do not broadcast",
      () => ops.add(a, b),
      "add expected shapes that broadcast, got [2, 3] and [2, 4]",
    ],
    ["add of labels", () => ops.add(labels, scalar), "add expected f32, got i32 [3]"],
    ["where of shapes that do not broadcast", () => ops.where(a, a, b), "where expected shapes that broadcast"],
    ["reluGrad of unequal shapes", () => ops.reluGrad(a, b), "reluGrad expected equal shapes, got [2, 3] and [2, 4]"],
    ["reduceSum over a missing axis", () => ops.reduceSum(a, [2]), "reduceSum expected an axis of [2, 3], got 2"],
    ["reshape to another count", () => ops.reshape(a, [5]), "reshape expected 6 elements as [2, 3], got [5]"],
    [
      "broadcastTo a smaller shape",
      () => ops.broadcastTo(a, [3]),
      "broadcastTo expected a shape that [2, 3] stretches to",
    ],
    ["transpose by no permutation", () => ops.transpose(a, [0, 0]), "transpose expected a permutation"],
    ["slice beyond the end", () => ops.slice(a, 1, 2, 2), '"size" expected a value in [1, 1], got 2'],
    ["pad by a negative count", () => ops.pad(a, 0, -1, 0), '"before" expected'],
    ["softmax of a scalar", () => ops.softmax(scalar), "softmax expected at least one axis"],
    ["losses of the wrong batch", () => ops.softmaxCrossEntropy(a, labels), "got [2, 3] and [3]"],
    ["numCorrect of f32 labels", () => ops.numCorrect(a, ops.input("l", [2])), "numCorrect expected i32, got f32 [2]"],
    ["an input with an empty axis", () => ops.input("x", [0]), '"x" expected whole sizes >= 1, got [0]'],
    ["a constant that f32 cannot hold", () => ops.constant(1e39), "constant expected a finite f32 value, got 1e+39"],
  ];
  for (const [name, build, message] of bad) it(`refuse ${name}`, () => expect(build).toThrow(message));

  it("fold constants, so that a mean's 1 / count and a gradient's seed cost nothing at run time", () => {
    const folded = ops.mul(ops.broadcastTo(ops.constant(0.5), [2, 3]), ops.add(scalar, scalar));
    expect([folded.op, folded.attributes.value, folded.shape]).toEqual(["constant", 1, [2, 3]]);
    expect(ops.mul(scalar, a)).toBe(a);
    expect(ops.mul(ops.constant(1, [4, 1, 1]), a).shape).toEqual([4, 2, 3]); // stretches, so it is no identity
  });
});

describe("createGraph", () => {
  it("refuses a leaf that is not listed, a name used twice and an update of another shape", () => {
    expect(() => createGraph({ inputs: [a], outputs: [ops.reduceSum(b)] })).toThrow('uses the input "b"');
    expect(() => createGraph({ inputs: [a, ops.input("a", [1])], outputs: [] })).toThrow('two inputs named "a"');
    expect(() => createGraph({ inputs: [scalar], outputs: [] })).toThrow('got "constant"');
    const updates = [{ target: a, value: b }];
    expect(() => createGraph({ inputs: [a, b], outputs: [], updates })).toThrow('got [2, 4] for "a" [2, 3]');
  });
});
