import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { add, constant, input, matmul, mul, reduceMean, reshape, slice, sub } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Graph, Shape, Tensor } from "../../../shared/graph/tensor.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import { modelFromLayers } from "../../../shared/models/modelFromLayers.ts";
import { createTrainContext } from "../../../shared/models/trainContext.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import { glorotUniform } from "../../../shared/nn/initializer.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { transformerBlock } from "../../../shared/nn/layers/attention/transformerBlock.ts";
import { conv2d } from "../../../shared/nn/layers/convolution/conv2d.ts";
import { depthwiseConv2d } from "../../../shared/nn/layers/convolution/depthwiseConv2d.ts";
import { flatten } from "../../../shared/nn/layers/flatten.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { dropout } from "../../../shared/nn/layers/normalisation/dropout.ts";
import { groupNorm } from "../../../shared/nn/layers/normalisation/groupNorm.ts";
import { layerNorm } from "../../../shared/nn/layers/normalisation/layerNorm.ts";
import { globalAveragePool } from "../../../shared/nn/layers/pooling/globalPool.ts";
import { maxPool2d } from "../../../shared/nn/layers/pooling/maxPool2d.ts";
import { gru } from "../../../shared/nn/layers/recurrent/gru.ts";
import { lstm } from "../../../shared/nn/layers/recurrent/lstm.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { embedding } from "../../../shared/nn/layers/sequence/embedding.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import { variational } from "../../../shared/nn/layers/variational.ts";
import type { LossDocument } from "../../../shared/nn/losses/lossDocument.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { runEngine } from "../../support/runEngine.ts";

const BATCH = 4;
const CLIP = 0.4;
const plan: LocalPlan = { epochs: 1, batchSize: BATCH, optimizer: { kind: "sgd", learningRate: 1 } };

interface Case {
  readonly shape: Shape;
  readonly layers: readonly Layer[];
  readonly loss?: LossDocument;
  /** Largest raw value of an input; 1 when absent. Whole numbers below it when `ids`. */
  readonly ids?: number;
  /** Loops over the batch that its clipping needs: one for each filter, one for all params that have no other form. */
  readonly loops?: number;
}

const cases: Record<string, Case> = {
  "dense layers": { shape: [5], layers: [linear(5, 6), tanh(), linear(6, 3)] },
  "dense layers over positions, few and many": {
    shape: [3, 8],
    layers: [linear(8, 9), relu(), linear(9, 2), linear(2, 4)],
  },
  normalisation: { shape: [3, 6], layers: [linear(6, 4), layerNorm(4), groupNorm(2, 4), linear(4, 3)] },
  convolutions: {
    shape: [6, 6, 2],
    layers: [conv2d(2, 4, 3, { padding: "same" }), relu(), maxPool2d(2), conv2d(4, 3, 2), flatten(), linear(12, 3)],
    loops: 2,
  },
  "a depthwise convolution": {
    shape: [4, 4, 3],
    layers: [depthwiseConv2d(3, 3, { padding: "same" }), globalAveragePool(), linear(3, 2)],
    loops: 1,
  },
  "a recurrent net": { shape: [4, 3], layers: [lstm(3, 4, { output: "last" }), linear(4, 3)] },
  "a gated recurrent net that speaks at each time": { shape: [4, 3], layers: [gru(3, 4), linear(4, 3)] },
  "a causal transformer": {
    shape: [5],
    layers: [embedding(7, 4), transformerBlock(4, 2, 6, { causal: true }), linear(4, 7)],
    ids: 7,
  },
  dropout: { shape: [5], layers: [linear(5, 6), dropout(0.5), linear(6, 3)] },
  "noise in the middle": {
    shape: [5],
    layers: [variational({ encoder: [linear(5, 4)], decoder: [linear(2, 5)], latent: 2 })],
    loss: "variational",
  },
  "a loss of triplets": { shape: [3, 4], layers: [linear(4, 5)], loss: "triplet" },
};

const rng = createRng("clipped gradients");

function draw(length: number, { ids }: Case): number[] {
  return Array.from({ length }, () => (ids ? rng.nextBelow(ids) : 2 * rng.nextFloat() - 1));
}

function feedsOf(model: Model, made: Case): Record<string, ArrayLike<number>> {
  const layout = model.loss.targets(BATCH, model.outputShape);
  const params = model.init(createRng("init"));
  const feeds: Record<string, ArrayLike<number>> = {
    x: draw(BATCH * numElements(made.shape), made),
    random: [3, 4, 5],
    "hyper.learningRate": [1],
  };
  if (layout) feeds.targets = Array.from({ length: numElements(layout.shape) }, (_, i) => (i * 7) % model.numClasses!);
  for (const { name, offset, length } of model.spec.entries) {
    // Biases begin at 0: moved, so that nothing is hidden by that.
    feeds[`params.${name}`] = params.slice(offset, offset + length).map((value) => value || 0.1 * rng.nextFloat());
  }
  return feeds;
}

/** The gradient of each example by a backward pass of its own, [example][entry]. */
function eachGradient(model: Model, feeds: Record<string, ArrayLike<number>>): number[][][] {
  const params = model.spec.entries.map(({ name, shape }) => input(`params.${name}`, shape));
  const x = input("x", [BATCH, ...model.document.input.shape]);
  const layout = model.loss.targets(BATCH, model.outputShape);
  const targets = layout && input("targets", layout.shape, layout.dtype);
  const { ctx, randomState } = createTrainContext();
  const losses = model.loss.losses(model.apply(params, x, ctx), targets, { x, ctx });
  return Array.from({ length: BATCH }, (_, i) => {
    const outputs = gradients(reshape(slice(losses, 0, i, 1), []), params);
    const inputs = [...params, x, targets, randomState()].filter((tensor) => tensor !== undefined);
    return runReference(createGraph({ inputs, outputs }), feeds).outputs.map((values) => [...values]);
  });
}

function countLoops(graph: Graph, length: number): number {
  const nodes = topologicalOrder([...graph.outputs, ...graph.updates.map(({ value }) => value)]);
  return nodes.filter(({ op, attributes, body }) => {
    return op === "scan" && attributes.length === length && attributes.numCarries === 0 && body!.outputs.length === 1;
  }).length;
}

function modelOf({ shape, layers, loss = "softmaxCrossEntropy" }: Case): Model {
  return defineModel({ name: "clipped", input: { shape }, layers, loss });
}

/** Weights used twice, and through an op of the params alone: forms that no product of rows stands for. */
function tied(features: number): Layer<"w"> {
  return {
    name: `tied(${features})`,
    init: { w: glorotUniform([features, features], features, features) },
    apply({ w }, x) {
      const scaled = mul(w, add(constant(1), mul(w, w)));
      return matmul(matmul(x, scaled), w, { transposeB: true });
    },
  };
}

function expectClipped(model: Model, made: Case, loops = 0): void {
  const feeds = feedsOf(model, made);
  const each = eachGradient(model, feeds);
  const norms = each.map((entries) => Math.hypot(...entries.flat()));
  // The bound must cut some examples, and the test must be able to tell.
  const clipNorm = CLIP * Math.max(...norms) + (1 - CLIP) * Math.min(...norms);
  const factors = norms.map((norm) => Math.min(1, clipNorm / norm) / BATCH);
  const graph = buildTrainingGraph(model, { ...plan, perExampleClipNorm: clipNorm }, BATCH);
  expect(countLoops(graph, BATCH)).toBe(loops);
  for (const run of [runReference, runEngine]) {
    const { updates } = run(graph, feeds);
    model.spec.entries.forEach(({ name }, entry) => {
      const before = feeds[`params.${name}`]!;
      each[0]![entry]!.forEach((_, k) => {
        const expected = each.reduce((sum, own, i) => sum + factors[i]! * own[entry]![k]!, 0);
        // A few dozen roundings of terms of at most a few units, in params of the size of 1.
        const actual = before[k]! - updates[entry]![k]!;
        expect(Math.abs(actual - expected), `${run.name} ${name}[${k}]: ${actual}, ${expected}`).toBeLessThan(3e-6);
      });
    });
  }
}

describe("clipping each example's gradient", () => {
  it.each(Object.entries(cases))("is what a backward pass for each example gives, for %s", (_, made) => {
    expectClipped(modelOf(made), made, made.loops);
  });

  it("falls back to a loop over the examples, with the noise of each, for params of any other form", () => {
    const made = { shape: [5], layers: [linear(5, 4)] };
    const model = modelFromLayers(modelOf(made).document, [linear(5, 4), dropout(0.3), tied(4), linear(4, 3)]);
    expectClipped(model, made, 1);
  });

  it("bounds a batch of one", () => {
    const model = modelOf(cases["dense layers"]!);
    const feeds = feedsOf(model, cases["dense layers"]!);
    const one = { ...feeds, x: [...(feeds.x as number[])].slice(0, 5), targets: [1] };
    const graph = buildTrainingGraph(model, { ...plan, perExampleClipNorm: 0.01 }, 1);
    const { updates } = runReference(graph, one);
    const moved = model.spec.entries.flatMap(({ name }, i) =>
      [...updates[i]!].map((value, k) => value - feeds[`params.${name}`]![k]!),
    );
    expect(Math.hypot(...moved)).toBeCloseTo(0.01, 5);
  });

  it("leaves a gradient of zero at zero", () => {
    const model = modelOf({ shape: [2], layers: [linear(2, 1)], loss: "meanSquaredError" });
    const graph = buildTrainingGraph(model, { ...plan, perExampleClipNorm: 1 }, 2);
    const feeds = {
      "params.layers.0.w": [1, 1],
      "params.layers.0.b": [0],
      x: [0, 0, 3, 0],
      targets: [0, 0], // errors 0 and 3: gradients (0, 0, 0) and 6 · (3, 0, 1), of length 6 sqrt(10)
      "hyper.learningRate": [1],
    };
    const { updates } = runReference(graph, feeds);
    expect(updates[0]![0]).toBeCloseTo(1 - 0.5 * (3 / Math.sqrt(10)), 6);
    expect(updates[1]![0]).toBeCloseTo(-0.5 / Math.sqrt(10), 6);
  });

  it.each<[string, Layer[], LossDocument, string]>([
    [
      "a loss that compares examples",
      [linear(4, 6)],
      { kind: "infoNce", temperature: 1 },
      "got infoNce, which compares them",
    ],
    ["batch statistics", [linear(4, 6), batchNorm(6)], "softmaxCrossEntropy", 'got "params.layers.1.mean"'],
  ])("refuses %s", (_, layers, loss, message) => {
    const model = modelOf({ shape: [4], layers, loss });
    expect(() => buildTrainingGraph(model, { ...plan, perExampleClipNorm: 1 }, BATCH)).toThrow(message);
  });

  it("refuses a layer that lets examples meet, whatever it calls itself", () => {
    const centred: Layer<never> = {
      name: "centred",
      init: {},
      apply: (_, x: Tensor) => sub(x, reduceMean(x, [0])),
    };
    const model = modelFromLayers(modelOf({ shape: [3], layers: [linear(3, 3)] }).document, [linear(3, 3), centred]);
    expect(() => buildTrainingGraph(model, { ...plan, perExampleClipNorm: 1 }, BATCH)).toThrow(
      'keeps the examples of a batch apart; its op "reduceSum" lets them meet',
    );
  });
});
