import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { input } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { dropout, spatialDropout } from "../../../shared/nn/layers/normalisation/dropout.ts";
import { groupNorm } from "../../../shared/nn/layers/normalisation/groupNorm.ts";
import { layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { normalisationCases, trainContext } from "./normalisationCases.ts";

for (const layerCase of normalisationCases) layerContract(layerCase);
torchCases("normalisation");

describe("batchNorm", () => {
  it("keeps its averages and its affine map where the options say", () => {
    const scopes = (layer: ReturnType<typeof batchNorm>): string[] =>
      Object.values(layer.init).map(({ scope, kind }) => `${scope} ${kind}`);
    expect(scopes(batchNorm(2))).toEqual([
      "shared trainable",
      "shared trainable",
      "shared statistic",
      "shared statistic",
    ]);
    expect(scopes(batchNorm(2, { statistics: "private", affine: "private" }))).toEqual([
      "private trainable",
      "private trainable",
      "private statistic",
      "private statistic",
    ]);
  });

  it("normalises a batch of one value a channel by the running averages, and leaves them", () => {
    const layer = batchNorm(2, { epsilon: 0 });
    const params = Object.fromEntries(Object.keys(layer.init).map((name) => [name, input(name, [2])]));
    const x = input("x", [1, 2]);
    const ctx = trainContext();
    const graph = createGraph({ inputs: [x, ...Object.values(params)], outputs: [layer.apply(params, x, ctx)] });
    expect(ctx.updates).toEqual([]);
    const feeds = { x: [5, -1], scale: [2, 3], shift: [1, 0], mean: [1, 1], variance: [4, 1] };
    // (5 - 1) / √4 · 2 + 1 and (-1 - 1) / √1 · 3
    expect([...runReference(graph, feeds).outputs[0]!]).toEqual([5, -6]);
  });

  it("stays finite where aggregation pushed a variance below 0", () => {
    const layer = batchNorm(1);
    const params = Object.fromEntries(Object.keys(layer.init).map((name) => [name, input(name, [1])]));
    const x = input("x", [1, 1]);
    const graph = createGraph({
      inputs: [x, ...Object.values(params)],
      outputs: [layer.apply(params, x, evaluateContext)],
    });
    const feeds = { x: [1], scale: [1], shift: [0], mean: [0], variance: [-0.5] };
    expect(runReference(graph, feeds).outputs[0]![0]).toBeCloseTo(1 / Math.sqrt(1e-5), 2);
  });

  it("refuses options out of range", () => {
    expect(() => batchNorm(2, { momentum: 1.5 })).toThrow('"momentum" expected a value in [0, 1], got 1.5');
    expect(() => groupNorm(3, 4)).toThrow('"groups" expected a divisor of 4 channels, got 3');
  });
});

describe("dropout", () => {
  const run = (layer: ReturnType<typeof dropout>, shape: readonly number[], ctx: ApplyContext): number[] => {
    const x = input("x", shape);
    const graph = createGraph({ inputs: [x], outputs: [layer.apply({}, x, ctx)] });
    return [...runReference(graph, { x: new Array(numElements(shape)).fill(1) }).outputs[0]!];
  };

  it("drops its share, and keeps the mean by growing the rest", () => {
    const values = run(dropout(0.25), [100, 100], trainContext());
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    // 10,000 draws: the dropped share has a standard error of √(0.25 · 0.75 / 10,000) = 0.0043; five of them.
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.022);
  });

  it("changes nothing when evaluating", () => {
    expect(run(dropout(0.9), [2, 2], evaluateContext)).toEqual([1, 1, 1, 1]);
  });

  it("drops whole channels in space", () => {
    const values = run(spatialDropout(0.5), [20, 3, 2], trainContext());
    for (let i = 0; i < 20; i++) {
      for (const channel of [0, 1]) {
        const ofChannel = [0, 1, 2].map((position) => values[6 * i + 2 * position + channel]);
        expect(new Set(ofChannel).size).toBe(1);
      }
    }
    expect(new Set(values)).toEqual(new Set([0, 2]));
  });

  it("refuses to drop everything", () => {
    expect(() => dropout(1)).toThrow('"rate" expected a value below 1, got 1');
    expect(() => dropout(-0.1)).toThrow('"rate" expected a value in [0, 1]');
  });
});
