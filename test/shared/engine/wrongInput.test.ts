import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../../shared/graph/tensor.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { globalAveragePool } from "../../../shared/nn/layers/pooling/globalPool.ts";
import { embedding } from "../../../shared/nn/layers/sequence/embedding.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { runEngine } from "../../support/runEngine.ts";

const engines = [runReference, runEngine];
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function isNaNOf(values: ArrayLike<number>): boolean[] {
  return Array.from(values, Number.isNaN);
}

describe("NaN and infinities in the values", () => {
  const image: Shape = [1, 4, 3, 5];
  const matrix: Shape = [4, 9];
  const square: Shape = [9, 9];
  const flat = (x: Tensor): Tensor => ops.reshape(x, [numElements(x.shape)]);
  /** Every op in which values meet; one of them is wrong. */
  const cases: Readonly<Record<string, readonly [Shape, (x: Tensor) => Tensor]>> = {
    reduceSum: [matrix, (x) => ops.reduceSum(x, [1])],
    "reduceSum over rows": [matrix, (x) => ops.reduceSum(x, [0])],
    reduceMax: [matrix, (x) => ops.reduceMax(x, [1])],
    "reduceMax over rows": [matrix, (x) => ops.reduceMax(x, [0])],
    cumulativeSum: [matrix, (x) => ops.cumulativeSum(x, 1)],
    softmax: [matrix, ops.softmax],
    logSoftmax: [matrix, ops.logSoftmax],
    standardise: [matrix, (x) => ops.standardise(x, 1e-5)],
    standardiseGrad: [matrix, (x) => ops.standardiseGrad(ops.constant(1, matrix), x, 1e-5)],
    softmaxGrad: [matrix, (x) => ops.softmaxGrad(x, ops.constant(0.1, matrix))],
    softmaxCrossEntropy: [matrix, (x) => ops.softmaxCrossEntropy(x, ops.literal([0, 3, 8, 4], [4], "i32"))],
    softmaxCrossEntropyGrad: [
      matrix,
      (x) => ops.softmaxCrossEntropyGrad(x, ops.literal([0, 3, 8, 4], [4], "i32"), ops.constant(1, [4])),
    ],
    matmul: [square, (x) => ops.matmul(x, ops.constant(0.5, square))],
    "matmul from the right": [square, (x) => ops.matmul(ops.constant(0.5, square), x)],
    "matmul transposed": [square, (x) => ops.matmul(ops.constant(0.5, square), x, { transposeB: true })],
    conv2d: [image, (x) => ops.conv2d(x, ops.constant(0.5, [3, 2, 5, 4]), { padding: [1, 1, 0, 1] })],
    conv2dFilterGrad: [image, (x) => ops.conv2dFilterGrad(x, ops.constant(0.5, [1, 3, 3, 2]), [2, 1])],
    maxPool2d: [image, (x) => ops.maxPool2d(x, [2, 2], { strides: [1, 1] })],
    gather: [matrix, (x) => ops.gather(x, ops.literal([3, 0, 2, 1, 3], [5], "i32"))],
    scatterAdd: [matrix, (x) => ops.scatterAdd(x, ops.literal([1, 0, 1, 2], [4], "i32"), 3)],
    concat: [matrix, (x) => ops.concat([x, flat(x)].map(flat), 0)],
    maximum: [matrix, (x) => ops.maximum(x, ops.constant(0.2))],
    minimum: [matrix, (x) => ops.minimum(ops.constant(0.2), x)],
    where: [matrix, (x) => ops.where(ops.constant(1, matrix), x, ops.constant(0))],
    numCorrect: [matrix, (x) => ops.numCorrect(x, ops.literal([0, 0, 0, 0], [4], "i32"))],
  };

  it.each(Object.entries(cases))("stay where they are in %s, on both engines", (name, [shape, build]) => {
    const rng = createRng("wrong values", name);
    const x = ops.input("x", shape);
    const graph = createGraph({ inputs: [x], outputs: [build(x)] });
    for (let round = 0; round < 12; round++) {
      const values = Array.from({ length: numElements(shape) }, () => rng.nextFloat() - 0.5);
      values[round === 0 ? 0 : rng.nextBelow(values.length)] = round % 3 === 2 ? inf : nan;
      const [expected, actual] = engines.map((run) => run(graph, { x: values }).outputs[0]!);
      expect(isNaNOf(actual!)).toEqual(isNaNOf(expected!));
      if (name === "numCorrect") expect(actual).toEqual(expected);
      else if (round % 3 !== 2) expect(isNaNOf(actual!)).toContain(true);
    }
  });

  it("become row numbers that fit i32: NaN is 0, what is beyond is the last", () => {
    const x = ops.input("x", [6]);
    const graph = createGraph({ inputs: [x], outputs: [ops.toFloat(ops.toInt(x))] });
    for (const run of engines) {
      const [y] = run(graph, { x: [nan, inf, -inf, 3e9, -3e9, -1.9] }).outputs;
      expect([...y!]).toEqual([0, 2 ** 31, -(2 ** 31), 2 ** 31, -(2 ** 31), -1]);
    }
  });
});

describe("numbers of rows and classes out of range", () => {
  const wild = [-1, 3, 4, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), 65536, -65536];
  /** What lies around in memory: no result may hold it. */
  const SECRET = 777;
  const secrets = ops.input("secrets", [4096]);
  const feeds = { secrets: new Float32Array(4096).fill(SECRET), x: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const x = ops.input("x", [3, 2]);
  const indices = ops.input("indices", [wild.length], "i32");

  it("give rows of NaN in gather, and no gradient to the table", () => {
    const rows = ops.gather(x, indices);
    const graph = createGraph({
      inputs: [secrets, x, indices],
      outputs: [rows, ...gradients(ops.reduceSum(rows), [x])],
    });
    for (const run of engines) {
      const [values, dx] = run(graph, { ...feeds, indices: wild }).outputs;
      expect(isNaNOf(values!)).toEqual(new Array(2 * wild.length).fill(true));
      expect([...dx!]).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  it("are left out by scatterAdd, which writes nowhere else", () => {
    const items = ops.input("items", [wild.length, 2]);
    const before = ops.relu(x);
    const sums = ops.scatterAdd(items, indices, 3);
    const graph = createGraph({ inputs: [secrets, x, items, indices], outputs: [before, sums, ops.neg(before)] });
    const given = { ...feeds, items: new Float32Array(2 * wild.length).fill(9), indices: wild };
    for (const run of engines) {
      const [first, sum, last] = run(graph, given).outputs.map((values) => [...values]);
      expect([first, sum, last]).toEqual([[1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], [-1, -2, -3, -4, -5, -6]]); // biome-ignore format: one line
    }
  });

  it("give NaN losses and gradients as labels, and are never right", () => {
    const logits = ops.input("logits", [wild.length, 3]);
    const losses = ops.softmaxCrossEntropy(logits, indices);
    const [dLogits] = gradients(ops.reduceSum(losses), [logits]);
    const graph = createGraph({
      inputs: [secrets, logits, indices],
      outputs: [losses, dLogits!, ops.numCorrect(logits, indices)],
    });
    const given = { ...feeds, logits: new Float32Array(3 * wild.length).fill(0.5), indices: wild };
    const [y, dx, correct] = runEngine(graph, given).outputs;
    expect(isNaNOf(y!)).toEqual(new Array(wild.length).fill(true));
    for (let row = 0; row < wild.length; row++) expect(isNaNOf(dx!.slice(3 * row, 3 * row + 3))).toContain(true);
    expect([...dx!]).not.toContain(SECRET);
    expect(correct![0]).toBe(0);
    expect(() => runReference(graph, given)).toThrow("label expected a class in [0, 2], got -1");
  });
});

describe("a training", () => {
  const plan = { epochs: 1, batchSize: 2, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
  const dense = defineModel({
    name: "dense",
    input: { shape: [2] },
    layers: [linear(2, 3)],
    loss: "softmaxCrossEntropy",
  });
  const words = defineModel({
    name: "words",
    input: { shape: [2] },
    layers: [embedding(4, 3), globalAveragePool(), linear(3, 3)],
    loss: "softmaxCrossEntropy",
  });
  const data: Dataset = {
    numExamples: 3,
    inputShape: [2],
    inputs: Float32Array.of(0, 1, 2, 3, 1, 0),
    targets: Uint8Array.of(0, 2, 1),
    targetSize: 1,
  };
  const train = (model: typeof dense, change: Partial<Dataset>) => {
    const params = model.init(createRng("init"));
    return createLocalTrainer({ model, plan }).train({ params, data: { ...data, ...change }, rng: createRng("order") });
  };

  it.each([nan, inf, -inf])("ends with an error on %f in the inputs", (wrong) => {
    const inputs = Float32Array.of(0, 1, 2, wrong, 1, 0);
    expect(() => train(dense, { inputs })).toThrow("training diverged: the loss is NaN");
  });

  it("ends with an error on a token that has no vector, and takes those that have", () => {
    expect(train(words, {}).trainLoss).toBeGreaterThan(0);
    for (const token of [4, -1, 1e9, inf]) {
      const inputs = Float32Array.of(0, 1, 2, token, 1, 0);
      expect(() => train(words, { inputs }), `token ${token}`).toThrow("training diverged: the loss is NaN");
    }
  });

  it("is refused for a label that is no class, before anything runs", () => {
    expect(() => train(dense, { targets: Uint8Array.of(0, 3, 1) })).toThrow("data expected labels 0 to 2, got 3");
    expect(() => train(dense, { targets: Int32Array.of(0, -1, 1) })).toThrow("data expected labels 0 to 2, got -1");
  });

  it("is refused for params that are not finite before they are sent", () => {
    const params = dense.init(createRng("init")).fill(nan, 0, 1);
    const request = { params, data, rng: createRng("order") };
    expect(() => createLocalTrainer({ model: dense, plan }).train(request)).toThrow("training diverged");
  });
});
