import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { fromTorchState } from "../../../shared/interchange/torch/fromTorchState.ts";
import { toTorchState } from "../../../shared/interchange/torch/toTorchState.ts";
import type { Model } from "../../../shared/models/model.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { buildForwardGraph } from "../../../shared/models/trainingGraph.ts";
import { encodeArrays } from "../../../shared/params/encodeArrays.ts";
import { type NamedArray, parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { expectClose } from "../../support/expectClose.ts";

interface Case {
  readonly name: string;
  readonly input: { readonly shape: readonly number[] };
  readonly layers: readonly object[];
}

const bytes = readFileSync(new URL("../../fixtures/torch/states.safetensors", import.meta.url));
const { __metadata__: metadata } = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
const arrays = parseSafetensors(bytes, { maxBytes: 2 ** 20 });
const cases: readonly Case[] = JSON.parse(metadata.cases);

function modelOf(layers: readonly object[], shape: readonly number[]): Model {
  return modelFromDocument(
    parseModelDocument({
      ...{ format: "headwater-model/1", opset: 1, name: "case", layers, loss: "meanSquaredError" },
      input: { shape, scale: 1, offset: 0 },
    }),
  );
}

function stateOf(name: string): Map<string, NamedArray> {
  const prefix = `${name}.state.`;
  return new Map(
    [...arrays]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, array]) => [key.slice(prefix.length), array] as const),
  );
}

function forward(model: Model, params: Float32Array, x: NamedArray): ArrayLike<number> {
  const feeds: Record<string, ArrayLike<number>> = { x: x.values };
  for (const { name, offset, length } of model.spec.entries) {
    feeds[`params.${name}`] = params.subarray(offset, offset + length);
  }
  return runReference(buildForwardGraph(model, x.shape[0]!), feeds).outputs[0]!;
}

const tiny = (): Model => modelOf([{ kind: "linear", inFeatures: 2, outFeatures: 3 }], [2]);

describe(`the state of PyTorch ${metadata.torch}`, () => {
  it.each(cases)("gives the same outputs here: $name", ({ name, layers, input }) => {
    const model = modelOf(layers, input.shape);
    const params = fromTorchState(model, stateOf(name));
    const y = arrays.get(`${name}.y`)!;
    const outputs = forward(model, params, arrays.get(`${name}.x`)!);
    // Ours rounds to f32 after each op, 6e-8 relative, for a hundred ops at most; PyTorch's was computed in f64.
    expectClose(outputs, y.values, { tolerance: 1e-5 });
  });

  it.each(cases)("is what our params become, through a file and back bit for bit: $name", ({ name, layers, input }) => {
    const model = modelOf(layers, input.shape);
    const theirs = stateOf(name);
    const params = fromTorchState(model, theirs);
    const file = encodeArrays(toTorchState(model, params));
    const state = parseSafetensors(file, { maxBytes: file.length });
    expect([...state.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [key, { shape, values }] of state) {
      expect(shape, key).toEqual(theirs.get(key)!.shape);
      // Both biases of a recurrent layer are one here, so only their sum comes back.
      if (!/\.bias_[ih]h_/.test(key)) expect(values, key).toEqual(theirs.get(key)!.values);
    }
    expect(fromTorchState(model, state)).toEqual(params);
  });

  it("keeps the arrays of layers that PyTorch has no module for", () => {
    const layers = [
      { kind: "spiking", steps: 2, layers: [{ kind: "linear", inFeatures: 2, outFeatures: 3 }] },
      { kind: "residual", layers: [{ kind: "frozen", layer: { kind: "linear", inFeatures: 3, outFeatures: 3 } }] },
    ];
    const model = modelOf(layers, [2]);
    const params = model.init(createRng(1));
    const state = toTorchState(model, params);
    expect([...state].map(([key, { shape }]) => [key, shape])).toEqual([
      ["layers.0.layers.0.weight", [3, 2]],
      ["layers.0.layers.0.bias", [3]],
      ["layers.1.layers.0.weight", [3, 3]],
      ["layers.1.layers.0.bias", [3]],
    ]);
    expect(fromTorchState(model, state)).toEqual(params);
    const graph = modelOf(
      [{ kind: "denseGraph", nodes: 2, features: 1, layers: [{ kind: "gcn", inFeatures: 1, outFeatures: 2 }] }],
      [2, 3],
    );
    expect([...toTorchState(graph, graph.init(createRng(1))).keys()]).toEqual([
      "layers.0.layers.0.w",
      "layers.0.layers.0.b",
    ]);
  });

  it("passes over the counter of batch normalisation and refuses other names and shapes", () => {
    const model = tiny();
    const state = toTorchState(model, model.init(createRng(1)));
    const counter = { shape: [], values: Float32Array.of(7) };
    expect(fromTorchState(model, new Map([...state, ["layers.0.num_batches_tracked", counter]]))).toHaveLength(9);
    expect(() => fromTorchState(model, new Map([...state, ["other.weight", counter]]))).toThrow('got "other.weight"');
    const weight = { shape: [2, 3], values: new Float32Array(6) };
    expect(() => fromTorchState(model, new Map([...state, ["layers.0.weight", weight]]))).toThrow(
      '"layers.0.weight" expected [3, 2], got [2, 3]',
    );
    expect(() => fromTorchState(model, new Map())).toThrow('"layers.0.weight" expected [3, 2], got none');
    expect(() => toTorchState(model, new Float32Array(3))).toThrow('"params" expected 9 values, got 3');
  });

  it("names the layer that does not know the order of a flattened image", () => {
    const layers = [{ kind: "flatten" }, { kind: "groupNorm", groups: 2, channels: 8 }];
    const model = modelOf(layers, [2, 2, 2]);
    expect(() => toTorchState(model, model.init(createRng(1)))).toThrow(
      /^layers.1 groupNorm follows a flattened image/,
    );
    const dense = modelOf([{ kind: "flatten" }, { kind: "denseConnection", layers: [{ kind: "relu" }] }], [2, 2, 2]);
    expect(() => toTorchState(dense, new Float32Array())).toThrow(/^layers.1 joins flattened images/);
    // With one channel there is but one order.
    const gray = modelOf([{ kind: "flatten" }, { kind: "groupNorm", groups: 2, channels: 4 }], [2, 2, 1]);
    expect([...toTorchState(gray, gray.init(createRng(1))).keys()]).toEqual(["layers.1.weight", "layers.1.bias"]);
  });
});
