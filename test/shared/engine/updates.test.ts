import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { fuse } from "../../../shared/engine/compile/fuse.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Graph, Tensor } from "../../../shared/graph/tensor.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { expectClose } from "../../support/expectClose.ts";
import { runEngine } from "../../support/runEngine.ts";

const model = defineModel({
  name: "small",
  input: { shape: [70] },
  layers: [linear(70, 9), relu(), linear(9, 5)],
  loss: "softmaxCrossEntropy",
});

function feedsFor(graph: Graph, name: string): Record<string, ArrayLike<number>> {
  const rng = createRng("updates", name);
  return Object.fromEntries(
    graph.inputs.map(({ attributes, shape, dtype }) => [
      attributes.name,
      Array.from({ length: numElements(shape) }, () =>
        dtype === "i32" ? rng.nextBelow(5) : Math.fround(rng.nextFloat() - 0.5),
      ),
    ]),
  );
}

function expectSameStep(graph: Graph, name: string): void {
  const feeds = feedsFor(graph, name);
  const expected = runReference(graph, feeds);
  const actual = runEngine(graph, feeds);
  // Sums of at most 70 terms below 1, in f32 instead of f64.
  for (const [i, values] of expected.outputs.entries())
    expectClose(actual.outputs[i]!, values, { tolerance: 1e-5, label: name });
  for (const [i, values] of expected.updates.entries())
    expectClose(actual.updates[i]!, values, { tolerance: 1e-5, label: name });
}

describe("updates", () => {
  it.each([
    ["plain", {}],
    ["momentum", { momentum: 0.9 }],
    ["weight decay", { weightDecay: 0.01 }],
    ["momentum and weight decay", { momentum: 0.5, weightDecay: 0.1 }],
  ])("of SGD with %s equal the twin's", (name, options) => {
    const plan = { epochs: 1, batchSize: 7, optimizer: { kind: "sgd", learningRate: 0.1, ...options } } as const;
    expectSameStep(buildTrainingGraph(model, plan, 7), name);
  });

  it("of SGD leave the rows of w alone whose inputs are 0 in the whole batch, and only those", () => {
    const plan = { epochs: 1, batchSize: 7, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
    const graph = buildTrainingGraph(model, plan, 7);
    const feeds = feedsFor(graph, "blank inputs");
    // Tiles are five inputs high: a whole blank tile, blank parts of the tiles around it, and one value in the last tile.
    const isBlank = (input: number): boolean => (input >= 3 && input < 12) || input >= 65;
    feeds.x = Array.from(feeds.x!, (value, i) => (isBlank(i % 70) && i !== 6 * 70 + 69 ? 0 : value));
    const expected = runReference(graph, feeds).updates[0]!;
    const actual = runEngine(graph, feeds).updates[0]!;
    expectClose(actual, expected, { tolerance: 1e-5 });
    const before = feeds["params.layers.0.w"]!;
    for (let input = 0; input < 70; input++) {
      const changed = [...actual.slice(9 * input, 9 * input + 9)].some((value, i) => value !== before[9 * input + i]);
      expect(changed, `row ${input}`).toBe(!isBlank(input) || input === 69);
    }
  });

  it("of plain SGD never store a weight gradient", () => {
    const plan = { epochs: 1, batchSize: 7, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
    const { steps } = fuse(buildTrainingGraph(model, plan, 7));
    const written = steps.flatMap((step) => ("out" in step ? [step.out.value] : []));
    const gradients = written.filter(({ input, numElements: size }) => input === undefined && size === 70 * 9);
    expect(gradients).toEqual([]);
    // Two products forward, one to carry the gradient back, two that move a w.
    expect(steps.filter(({ kernel }) => kernel === "matmul")).toHaveLength(5);
  });

  it("that swap two inputs see the values from before the step", () => {
    const a = ops.input("a", [5]);
    const b = ops.input("b", [5]);
    const updates = [
      { target: a, value: b },
      { target: b, value: a },
    ];
    expectSameStep(createGraph({ inputs: [a, b], outputs: [], updates }), "swap");
  });

  it("wait for whatever reads the old value later, also through a view", () => {
    const w = ops.input("w", [3, 3]);
    const x = ops.input("x", [3, 3]);
    const value = ops.sub(w, ops.mul(ops.constant(0.5), x));
    const late = ops.matmul(ops.transpose(w), ops.exp(value));
    expectSameStep(createGraph({ inputs: [w, x], outputs: [late, w], updates: [{ target: w, value }] }), "late");
  });

  it("wait for a convolution that looks through zeros between their target's pixels", () => {
    const p = ops.input("p", [1, 4, 4, 8]);
    const w = ops.input("w", [3, 3, 8, 2]);
    const spread = ops.pad(ops.pad(p, 1, 0, 0, { interior: 1 }), 2, 0, 0, { interior: 1 });
    const doubled = ops.mul(p, ops.constant(2));
    const dx = ops.conv2d(spread, w, { padding: [2, 2, 2, 2] });
    // The first output asks for the zeros before the update, the second for the convolution after it.
    const outputs = [ops.reduceSum(spread, [0, 1, 2, 3]), ops.reduceSum(doubled, [0, 1, 2, 3]), dx];
    const graph = createGraph({ inputs: [p, w], outputs, updates: [{ target: p, value: doubled }] });
    expectSameStep(graph, "spread");
  });

  it("that read their target transposed are not made in place", () => {
    const w = ops.input("w", [4, 4]);
    const value = ops.add(w, ops.transpose(w));
    expectSameStep(createGraph({ inputs: [w], outputs: [], updates: [{ target: w, value }] }), "transposed");
  });
});

describe("updates whose gradient is a product with a param", () => {
  const rate = ops.constant(0.5);
  const descend = (target: Tensor, gradient: Tensor) => ({ target, value: ops.sub(target, ops.mul(rate, gradient)) });

  it("see the other param from before the step", () => {
    const a = ops.input("a", [3, 2]);
    const b = ops.input("b", [2, 4]);
    const dy = ops.input("dy", [3, 4]);
    const da = ops.matmul(dy, b, { transposeB: true });
    const db = ops.matmul(a, dy, { transposeA: true });
    for (const updates of [
      [descend(a, da), descend(b, db)],
      [descend(b, db), descend(a, da)],
      [descend(b, db), { target: a, value: ops.neg(a) }, { target: dy, value: ops.exp(dy) }],
    ]) {
      expectSameStep(createGraph({ inputs: [a, b, dy], outputs: [], updates }), "factors");
    }
  });

  it("see the param itself from before the step", () => {
    const w = ops.input("w", [13, 13]);
    const dy = ops.input("dy", [13, 13]);
    const updates = [descend(w, ops.matmul(w, dy, { transposeA: true }))];
    expectSameStep(createGraph({ inputs: [w, dy], outputs: [], updates }), "own");
    const columns = [descend(w, ops.matmul(ops.transpose(w), dy, { transposeA: true }))];
    expectSameStep(createGraph({ inputs: [w, dy], outputs: [], updates: columns }), "own, transposed");
  });
});

describe("fuse", () => {
  it("stores no history of a scan unless a gradient reads it", () => {
    const xs = ops.input("xs", [6, 3]);
    const { carry } = ops.scan({
      carry: [ops.constant(0, [3])],
      sequences: [xs],
      step: ([sum], [x]) => ({ carry: [ops.add(sum!, x!)], outputs: [ops.exp(x!)] }),
    });
    const { steps } = fuse(createGraph({ inputs: [xs], outputs: carry }));
    const loop = steps.find(({ kernel }) => kernel === "loop");
    // The sum and its copy into the carry, as one chain; neither the stacked outputs nor the history.
    const [chain, ...rest] = loop?.kernel === "loop" ? loop.body : [];
    expect(chain?.kernel === "chain" && chain.links.map(({ kind }) => kind)).toEqual(["add", "copy"]);
    expect(rest).toEqual([]);
  });

  it("reads large weights once on the way back, for dx and for their update", () => {
    const wide = defineModel({
      name: "wide",
      input: { shape: [12] },
      layers: [linear(12, 1120), relu(), linear(1120, 256), relu(), linear(256, 5)],
      loss: "softmaxCrossEntropy",
    });
    const plan = { epochs: 1, batchSize: 6, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
    const graph = buildTrainingGraph(wide, plan, 6);
    const loop = fuse(graph).steps.find(({ kernel }) => kernel === "loop");
    expect(loop?.kernel === "loop" && loop.body.map(({ kernel }) => kernel)).toEqual(["matmul", "matmul"]);
    const feeds = feedsFor(graph, "wide");
    const expected = runReference(graph, feeds);
    runEngine(graph, feeds).updates.forEach((actual, i) => {
      // Sums of up to 1120 terms below 2 in f32.
      expectClose(actual, expected.updates[i]!, { tolerance: 2e-4, label: `update ${i}` });
    });
  });
});
