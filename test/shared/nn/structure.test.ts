import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { input } from "../../../shared/graph/ops.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { frozen } from "../../../shared/nn/layers/structure/frozen.ts";
import { lora } from "../../../shared/nn/layers/structure/lora.ts";
import { masked } from "../../../shared/nn/layers/structure/masked.ts";
import { parallel } from "../../../shared/nn/layers/structure/parallel.ts";
import { privateLayer } from "../../../shared/nn/layers/structure/privateLayer.ts";
import { residual } from "../../../shared/nn/layers/structure/residual.ts";
import { sequential } from "../../../shared/nn/layers/structure/sequential.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import { applyLayer, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { structureCases } from "./structureCases.ts";

for (const layerCase of structureCases) layerContract(layerCase);
torchCases("structure");

const paramsOf = (layer: Layer) => Object.values(layer.init).map(({ shape }, i) => input(`p${i}`, shape));

describe("layers that hold layers", () => {
  it("name the inner layer that does not fit by its path", () => {
    const layer = sequential([linear(4, 4), residual([relu(), linear(4, 4), linear(3, 4)])]);
    expect(() => applyLayer(layer, paramsOf(layer), input("x", [2, 4]), evaluateContext)).toThrow(
      "layers.1 residual of 3: layers.2 linear(3, 4): linear expected x [batch, ..., 3] for w [3, 4], got [2, 4]",
    );
  });

  it("have no document where one within has none", () => {
    const { document: _, ...bare } = linear(4, 4);
    for (const layer of [sequential([bare]), residual([bare]), residual([tanh()], [bare]), parallel([[bare]])]) {
      expect(layer.document).toBeUndefined();
    }
    expect(masked(0, [bare]).document ?? frozen(bare).document ?? lora(bare, { rank: 1 }).document).toBeUndefined();
  });

  it("refuse sides that do not fit", () => {
    const layer = residual([linear(4, 3)]);
    expect(() => applyLayer(layer, paramsOf(layer), input("x", [2, 4]), evaluateContext)).toThrow(
      "residual expected layers that give the shortcut's [2, 4], got [2, 3]",
    );
  });
});

describe("masked", () => {
  it("finds padding by token, of either type, and by all features", () => {
    const masks: number[][] = [];
    const watcher: Layer<never> = {
      name: "watcher",
      init: {},
      apply(_, x, { mask }) {
        const graph = createGraph({ inputs: [x], outputs: [mask!] });
        const values = x.shape.length === 2 ? [5, 7, 0, 5] : [5, 0, 5, 5, 0, 0, 5, 5];
        masks.push([...runReference(graph, { x: values }).outputs[0]!]);
        return x;
      },
    };
    for (const x of [input("x", [2, 2]), input("x", [2, 2], "i32"), input("x", [2, 2, 2])]) {
      masked(5, [watcher]).apply({}, x, evaluateContext);
    }
    expect(masks).toEqual([
      [0, 1, 1, 0],
      [0, 1, 1, 0],
      [1, 0, 1, 0],
    ]);
  });
});

describe("lora", () => {
  it("trains and shares its adapters only", () => {
    const { init } = lora(linear(4, 3), { rank: 2 });
    const described = Object.entries(init).map(([name, { kind, scope }]) => `${name} ${kind} ${scope}`);
    expect(described).toEqual([
      "w frozen private",
      "b frozen private",
      "w.loraA trainable shared",
      "w.loraB trainable shared",
    ]);
  });

  it("needs a matrix", () => {
    expect(() => lora(tanh(), { rank: 2 })).toThrow("lora expected a layer with a trainable matrix, got tanh");
    expect(() => lora(linear(2, 2), { rank: 0 })).toThrow('"rank" expected >= 1, got 0');
  });
});

describe("frozen", () => {
  it("computes as in evaluation and leaves statistics alone", () => {
    const layer = frozen(batchNorm(2));
    expect(new Set(Object.values(layer.init).map(({ kind, scope }) => `${kind} ${scope}`))).toEqual(
      new Set(["frozen private"]),
    );
    const updated: unknown[] = [];
    const ctx = { ...evaluateContext, mode: "train", updateStatistic: (...one: unknown[]) => void updated.push(one) };
    const x = input("x", [2, 2]);
    const params = paramsOf(layer);
    const graph = createGraph({
      inputs: [x, ...params],
      outputs: [applyLayer(layer, params, x, ctx as typeof evaluateContext)],
    });
    const feeds = { x: [1, 2, 3, 4], p0: [1, 1], p1: [0, 0], p2: [1, 2], p3: [1, 1] };
    // (x - running mean) / √(1 + 1e-5)
    const expected = [0, 0, 2, 2].map((value) => value / Math.sqrt(1 + 1e-5));
    runReference(graph, feeds).outputs[0]!.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 6));
    expect(updated).toEqual([]);
  });
});

describe("privateLayer", () => {
  it("keeps what a layer computes, and its arrays with the client", () => {
    const bare = residual([linear(2, 2)]);
    const layer = privateLayer(bare);
    expect(layer.apply).toBe(bare.apply);
    expect(Object.keys(layer.init)).toEqual(Object.keys(bare.init));
    expect(Object.values(layer.init).map(({ kind, scope }) => `${kind} ${scope}`)).toEqual(
      Array(2).fill("trainable private"),
    );
  });

  it("keeps named arrays only, and those below a name; frozen ones stay frozen", () => {
    const scopes = ({ init }: Layer): Record<string, string> =>
      Object.fromEntries(Object.entries(init).map(([name, { kind, scope }]) => [name, `${kind} ${scope}`]));
    expect(scopes(privateLayer(linear(2, 2), { arrays: ["b"] }))).toEqual({
      w: "trainable shared",
      b: "trainable private",
    });
    expect(scopes(privateLayer(lora(linear(2, 2), { rank: 1 }), { arrays: ["w.loraA"] }))).toEqual({
      w: "frozen private",
      b: "frozen private",
      "w.loraA": "trainable private",
      "w.loraB": "trainable shared",
    });
    expect(scopes(privateLayer(residual([linear(2, 2)]), { arrays: ["layers.0"] }))).toEqual({
      "layers.0.w": "trainable private",
      "layers.0.b": "trainable private",
    });
  });

  it("refuses names of no array, and a layer without any", () => {
    expect(() => privateLayer(linear(2, 2), { arrays: ["bias"] })).toThrow(
      '"arrays" expected names among w, b of linear(2, 2), got "bias"',
    );
    expect(() => privateLayer(tanh())).toThrow("private expected a layer with params, got tanh");
  });
});
