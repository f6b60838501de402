import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { input } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { gru } from "../../../shared/nn/layers/recurrent/gru.ts";
import { lstm } from "../../../shared/nn/layers/recurrent/lstm.ts";
import { simpleRnn } from "../../../shared/nn/layers/recurrent/simpleRnn.ts";
import { applyLayer, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { mask, masked, recurrentCases } from "./recurrentCases.ts";

for (const layerCase of recurrentCases) layerContract(layerCase);
torchCases("recurrent");

function countParams({ init }: Layer): number {
  return Object.values(init).reduce((sum, { shape }) => sum + numElements(shape), 0);
}

describe("recurrent layers", () => {
  it("have one bias a gate, and the GRU a second for n alone", () => {
    expect(countParams(simpleRnn(8, 256))).toBe((8 + 256 + 1) * 256);
    expect(countParams(lstm(8, 256))).toBe((8 + 256 + 1) * 1024);
    expect(countParams(gru(8, 256))).toBe((8 + 256 + 1) * 768 + 256);
    // Both directions feed the second layer with twice the units.
    expect(countParams(lstm(8, 16, { direction: "both", layers: 2 }))).toBe(
      2 * (8 + 16 + 1) * 64 + 2 * (32 + 16 + 1) * 64,
    );
  });

  it("name their arrays by layer and direction where there is more than one", () => {
    expect(Object.keys(lstm(2, 3).init)).toEqual(["wx", "wh", "b"]);
    expect(Object.keys(gru(2, 3, { direction: "both", layers: 2 }).init)).toEqual(
      ["layers.0.forward", "layers.0.backward", "layers.1.forward", "layers.1.backward"].flatMap((run) =>
        ["wx", "wh", "b", "bh"].map((array) => `${run}.${array}`),
      ),
    );
    expect(lstm(2, 3, { output: "last", layers: 2 }).name).toBe("lstm(2, 3, 2 layers, last)");
  });

  it("begin with an open forget gate", () => {
    const values = new Float32Array(12);
    lstm(2, 3).init.b!.fill(values, createRng(1));
    expect([...values]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it.each([simpleRnn, lstm, gru])("pay no heed to what padding holds", (build) => {
    const layer = build(2, 2, { direction: "both", layers: 2 });
    const shapes = Object.values(layer.init).map(({ shape }) => shape);
    const params = shapes.map((shape, i) => input(`p${i}`, shape));
    const x = input("x", [2, 3, 2]);
    const graph = createGraph({
      inputs: [x, mask, ...params],
      outputs: [applyLayer(layer, params, x, masked.ctx)],
    });
    const rng = createRng("padding");
    const draw = (count: number): number[] => Array.from({ length: count }, () => rng.nextFloat() - 0.5);
    const feeds = Object.fromEntries(shapes.map((shape, i) => [`p${i}`, draw(numElements(shape))]));
    const run = (padding: number): number[] => {
      const values = [1, 2, 3, 4, padding, padding, padding, padding, 5, 6, 7, 8];
      return [...runReference(graph, { ...feeds, ...masked.feeds, x: values }).outputs[0]!];
    };
    const states = run(0);
    expect(run(99)).toEqual(states);
    // Step 2 of the first and step 0 of the second sequence, four states each.
    expect(states.slice(8, 16).every((value) => value === 0)).toBe(true);
    expect(states.filter((value) => value !== 0)).toHaveLength(16);
  });

  it("refuse a mask of another sequence", () => {
    const ctx: ApplyContext = { ...evaluateContext, mask: input("mask", [2, 4]) };
    const layer = gru(2, 3);
    const params = Object.values(layer.init).map(({ shape }, i) => input(`p${i}`, shape));
    expect(() => applyLayer(layer, params, input("x", [2, 3, 2]), ctx)).toThrow(
      "gru expected a mask [2, 3] for x [2, 3, 2], got [2, 4]",
    );
    expect(() => lstm(2, 3, { layers: 0 })).toThrow('"layers" expected >= 1, got 0');
  });
});
