import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { add, constant, mul, reduceMean, reshape, sub } from "../../../shared/graph/ops.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { modelFromLayers } from "../../../shared/models/modelFromLayers.ts";
import { buildEvaluationGraph, buildForwardGraph, buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import { zooModel } from "../../../shared/models/zoo.ts";
import { zeros } from "../../../shared/nn/initializer.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";

const plan = { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
const names = (tensors: readonly { attributes: { name?: unknown } }[]) =>
  tensors.map(({ attributes }) => attributes.name);

/** Keeps a running mean of what it sees: m = 3/4 m + 1/4 batch mean; normalises by it when evaluating. */
function runningMean(features: number): Layer<"mean"> {
  return {
    name: `runningMean(${features})`,
    init: { mean: zeros([features], { kind: "statistic" }) },
    apply({ mean }, x, ctx) {
      if (ctx.mode === "evaluate") return sub(x, mean);
      const batchMean = reduceMean(x, [0]);
      ctx.updateStatistic(mean, add(mul(constant(0.75), mean), mul(constant(0.25), batchMean)));
      return sub(x, reshape(batchMean, [1, features]));
    },
  };
}

describe("buildTrainingGraph", () => {
  it("lists params, state, batch and hyper scalars in the order that trainers rely on", () => {
    const momentum = { ...plan, optimizer: { ...plan.optimizer, momentum: 0.9 } };
    const graph = buildTrainingGraph(zooModel("softmax-regression"), momentum, 10);
    expect(names(graph.inputs)).toEqual([
      "params.layers.0.w",
      "params.layers.0.b",
      "state.momentum.layers.0.w",
      "state.momentum.layers.0.b",
      "x",
      "targets",
      "hyper.learningRate",
      "hyper.momentum",
    ]);
    expect(graph.outputs.map(({ shape }) => shape)).toEqual([[]]);
    expect(names(graph.updates.map(({ target }) => target))).toEqual(names(graph.inputs.slice(0, 4)));
  });

  it("traces the 2NN to eight products and nothing for the gradient of the data", () => {
    const { outputs, updates } = buildTrainingGraph(zooModel("2nn"), plan, 10);
    const ops = topologicalOrder([...outputs, ...updates.map(({ value }) => value)]).map(({ op }) => op);
    // 3 forward, 3 for the weights, 2 for the hidden layers.
    expect(ops.filter((op) => op === "matmul")).toHaveLength(8);
    expect(ops).not.toContain("broadcastTo");
    expect(ops).not.toContain("transpose");
  });

  it("writes every update of plain SGD as param - learningRate · gradient, the form that backends fuse", () => {
    for (const { target, value } of buildTrainingGraph(zooModel("2nn"), plan, 10).updates) {
      const [param, scaled] = value.inputs;
      expect([value.op, param, scaled!.op, scaled!.inputs[0]!.attributes.name]).toEqual([
        "sub",
        target,
        "mul",
        "hyper.learningRate",
      ]);
    }
  });

  it("updates statistics by what the layer says and takes no gradient of them", () => {
    const { document } = defineModel({
      name: "m",
      input: { shape: [2] },
      layers: [linear(2, 1)],
      loss: "meanSquaredError",
    });
    const model = modelFromLayers(document, [runningMean(2), linear(2, 1)]);
    const graph = buildTrainingGraph(model, plan, 2);
    const feeds = {
      "params.layers.0.mean": [4, 8],
      "params.layers.1.w": [1, 1],
      "params.layers.1.b": [0],
      x: [1, 2, 3, 6],
      targets: [0, 0],
      "hyper.learningRate": [0.1],
    };
    const updates = new Map(names(graph.updates.map(({ target }) => target)).map((name, i) => [name, i]));
    expect([...updates.keys()]).toEqual(["params.layers.1.w", "params.layers.1.b", "params.layers.0.mean"]);
    const mean = runReference(graph, feeds).updates[updates.get("params.layers.0.mean")!];
    expect(mean).toEqual(Float32Array.of(3.5, 7)); // 3/4·(4, 8) + 1/4·(2, 4)
    const forward = runReference(buildForwardGraph(model, 2), { ...feeds });
    expect(forward.outputs[0]).toEqual(Float32Array.of(-9, -3)); // (1-4)+(2-8), (3-4)+(6-8)
  });
});

describe("buildEvaluationGraph", () => {
  const model = zooModel("softmax-regression");
  const params = {
    "params.layers.0.w": new Float32Array(7840),
    "params.layers.0.b": Float32Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0, 1),
  };

  it("gives outputs, the sum of the losses and the correct predictions of a classifier", () => {
    const feeds = { ...params, x: new Float32Array(3 * 784), targets: [0, 0, 9] };
    const [logits, loss, correct] = runReference(buildEvaluationGraph(model, 3), feeds).outputs;
    expect(logits!.length).toBe(30);
    const logSum = Math.log(Math.exp(3) + Math.exp(1) + 8);
    expect(loss![0]).toBeCloseTo(3 * logSum - 3 - 3 - 1, 5);
    expect(correct![0]).toBe(2);
  });

  it("counts the first of equal logits as the prediction", () => {
    const tied = { ...params, "params.layers.0.b": new Float32Array(10) };
    const feeds = { ...tied, x: new Float32Array(2 * 784), targets: [0, 1] };
    expect(runReference(buildEvaluationGraph(model, 2), feeds).outputs[2]![0]).toBe(1);
  });

  it("judges regression without a count, and names a label that is no class", () => {
    const regression = defineModel({
      name: "r",
      input: { shape: [2] },
      layers: [linear(2, 1)],
      loss: "meanSquaredError",
    });
    expect(buildEvaluationGraph(regression, 4).outputs).toHaveLength(2);
    const feeds = { ...params, x: new Float32Array(784), targets: [10] };
    expect(() => runReference(buildEvaluationGraph(model, 1), feeds)).toThrow("expected a class in [0, 9], got 10");
  });

  it("refuses a batch size that is no positive whole number", () => {
    expect(() => buildEvaluationGraph(model, 0)).toThrow('"batchSize" expected >= 1');
  });

  it("learns: ten steps on one batch lower its loss", () => {
    const small = defineModel({
      name: "s",
      input: { shape: [3] },
      layers: [linear(3, 2)],
      loss: "softmaxCrossEntropy",
    });
    const graph = buildTrainingGraph(small, plan, 4);
    const start = small.init(createRng(1));
    const feeds: Record<string, ArrayLike<number>> = {
      "params.layers.0.w": start.subarray(0, 6),
      "params.layers.0.b": start.subarray(6),
      x: [1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1],
      targets: [0, 1, 0, 1],
      "hyper.learningRate": [0.5],
    };
    const losses: number[] = [];
    for (let step = 0; step < 10; step++) {
      const { outputs, updates } = runReference(graph, feeds);
      losses.push(outputs[0]![0]!);
      graph.updates.forEach(({ target }, i) => {
        feeds[String(target.attributes.name)] = updates[i]!;
      });
    }
    expect(losses.every((loss, i) => i === 0 || loss < losses[i - 1]!)).toBe(true);
  });
});
