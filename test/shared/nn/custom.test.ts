import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { defineOp } from "../../../shared/graph/defineOp.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { add, constant, input, literal, mul, reduceSum, slice, spike, tanh } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Tensor, Update } from "../../../shared/graph/tensor.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { CustomDocument } from "../../../shared/nn/custom/customDocument.ts";
import { type CustomLayerOptions, customLayer } from "../../../shared/nn/custom/customLayer.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { layerContract } from "../../contract/layer.ts";
import { centred, customCases, noisy, recurrent, trainContext } from "./customCases.ts";

for (const layerCase of customCases) layerContract(layerCase);

/** Values of the layer and of the code that it came from, on the same inputs. */
function both(options: CustomLayerOptions<never>, batch: number, makeCtx: () => ApplyContext = () => evaluateContext) {
  const layer = customLayer(options);
  const rng = createRng("values", batch);
  const draw = (count: number): number[] => Array.from({ length: count }, () => Math.fround(rng.nextFloat() - 0.5));
  const x = input("x", [batch, ...options.inputShape]);
  const params = Object.fromEntries(Object.entries(layer.init).map(([name, { shape }]) => [name, input(name, shape)]));
  const leaves = [x, ...Object.values(params)];
  const feeds = Object.fromEntries(leaves.map(({ attributes, shape }) => [attributes.name, draw(numElements(shape))]));
  const run = (apply: Layer["apply"]): unknown => {
    const y = apply(params, x, makeCtx());
    const graph = createGraph({ inputs: leaves, outputs: [y, ...gradients(reduceSum(mul(y, y)), leaves)] });
    return runReference(graph, feeds).outputs;
  };
  return { actual: run(layer.apply), expected: run(options.apply as Layer["apply"]) };
}

describe("customLayer", () => {
  it.each([1, 2, 4, 10])("computes what its code does, bit for bit, for batches of %i", (batch) => {
    for (const options of [centred, recurrent, noisy]) {
      const { actual, expected } = both(options as unknown as CustomLayerOptions<never>, batch);
      expect(actual).toEqual(expected);
    }
    const training = both(noisy as unknown as CustomLayerOptions<never>, batch, () => trainContext([]));
    expect(training.actual).toEqual(training.expected);
  });

  it("writes what follows the batch as such", () => {
    const { nodes, output, training } = customLayer(centred).document as unknown as CustomDocument;
    expect(training).toBeUndefined();
    expect(nodes[0]).toEqual({ op: "reshape", inputs: ["x"], attributes: { shape: [{ batch: 1 }, 6] } });
    expect(nodes.find(({ op }) => op === "constant")).toEqual({
      op: "constant",
      inputs: [],
      attributes: { value: { perBatch: 1 }, shape: [] },
    });
    expect(output).toBe(nodes.length - 1);
  });

  it("updates its statistics while training only", () => {
    const updates: Update[] = [];
    const layer = customLayer(noisy);
    const mean = input("mean", [4]);
    const x = input("x", [2, 4]);
    const output = layer.apply({ mean }, x, trainContext(updates));
    const graph = createGraph({ inputs: [x, mean], outputs: [output], updates });
    const feeds = { x: [1, 2, 3, 4, 3, 4, 5, 6], mean: [0, 0, 2, 2] };
    // 0.5 · mean + 0.5 · the batch's mean [2, 3, 4, 5]
    expect([...runReference(graph, feeds).updates[0]!]).toEqual([1, 1.5, 3, 3.5]);
    layer.apply({ mean }, x, { ...evaluateContext, updateStatistic: () => expect.unreachable() });
  });

  it("keeps the surrogate gradient of spikes, and lowers ops that a document cannot name", () => {
    const double = defineOp({ name: "double", shape: ([x]) => x!.shape, lower: ([x]) => add(x!, x!) });
    const layer = customLayer({
      name: "spiking",
      inputShape: [3],
      params: {},
      apply: (_, x) => spike(double([x]), { kind: "triangle", slope: 0.5 }),
    });
    const ops = (layer.document as unknown as CustomDocument).nodes.map(({ op }) => op);
    expect(ops).toEqual(["add", "spike"]);
    const x = input("x", [1, 3]);
    const graph = createGraph({ inputs: [x], outputs: gradients(reduceSum(layer.apply({}, x, evaluateContext)), [x]) });
    // 2 · max(0, 1 - 0.5 |2x|)
    expect([...runReference(graph, { x: [0.25, -0.5, 3] }).outputs[0]!]).toEqual([1.5, 1, 0]);
  });

  it("travels in a model document", () => {
    const model = defineModel({
      name: "with a custom layer",
      input: { shape: [2, 3] },
      layers: [customLayer(centred), linear(4, 2)],
      loss: "softmaxCrossEntropy",
    });
    const again = modelFromDocument(parseModelDocument(JSON.parse(JSON.stringify(model.document))));
    expect(again.spec).toEqual(model.spec);
    expect(again.init(createRng(1))).toEqual(model.init(createRng(1)));
    expect(model.spec.entries.map(({ name, scope }) => `${name} ${scope}`)).toContain("layers.0.b private");
  });

  const of = (apply: (x: Tensor, ctx: ApplyContext) => Tensor) => () =>
    customLayer({ name: "odd", inputShape: [4], params: {}, apply: (_, x, ctx) => apply(x, ctx) });

  it("refuses code that depends on the batch size in another way", () => {
    expect(of((x) => slice(x, 0, 0, x.shape[0]! - 1))).toThrow(
      'customLayer odd: expected the same for every batch size, or what scales with it, got 4 and 6 at "nodes.0.attributes.size" for batches of 5 and 7',
    );
    expect(of((x) => mul(x, constant(x.shape[0]! + 0.5)))).toThrow("got 5.5 and 7.5");
    expect(of((x) => (x.shape[0]! > 6 ? tanh(x) : x))).toThrow('got 0 items and 1 items at "nodes"');
    expect(of((x) => (x.shape[0]! > 6 ? tanh(x) : add(x, x)))).toThrow('got "add" and "tanh" at "nodes.0.op"');
    expect(of((x) => (x.shape[0] === 3 ? tanh(x) : add(x, x)))).toThrow(
      "expected the same ops for every batch size, got others for 3",
    );
    expect(of((x) => mul(x, literal(new Array(x.shape[0]! * 4).fill(1), x.shape)))).toThrow(
      "got 20 items and 28 items",
    );
  });

  it("refuses leaves, draws and statistics that no document can hold", () => {
    const outer = input("outer", [4]);
    expect(of((x) => add(x, outer))).toThrow(
      'customLayer odd: expected x, params and random values only, got the input "outer"',
    );
    expect(of((x, ctx) => add(x, ctx.random(x.shape)))).toThrow("random values are drawn while training only");
    const update = of((x, ctx) => {
      ctx.updateStatistic(x, x);
      return x;
    });
    expect(update).toThrow("updateStatistic expected a statistic of the layer");
    expect(() => customLayer({ ...centred, name: "" })).toThrow('customLayer: "name" expected');
    expect(() =>
      customLayer({ name: "x", inputShape: [4], params: { x: { shape: [1], init: "zeros" } }, apply: (_, x) => x }),
    ).toThrow("customLayer");
  });
});
