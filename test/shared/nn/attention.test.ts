import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { input, reduceSum } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { multiHeadAttention } from "../../../shared/nn/layers/attention/multiHeadAttention.ts";
import { transformerBlock } from "../../../shared/nn/layers/attention/transformerBlock.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { layerNorm } from "../../../shared/nn/layers/normalisation/layerNorm.ts";
import { embedding } from "../../../shared/nn/layers/sequence/embedding.ts";
import { learnedPositions } from "../../../shared/nn/layers/sequence/learnedPositions.ts";
import { sinusoidalPositions } from "../../../shared/nn/layers/sequence/sinusoidalPositions.ts";
import { applyLayer, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { attentionCases, masked } from "./attentionCases.ts";

for (const layerCase of attentionCases) layerContract(layerCase);
torchCases("attention");

function countParams(layers: readonly Layer[]): number {
  return layers.flatMap(({ init }) => Object.values(init)).reduce((sum, { shape }) => sum + numElements(shape), 0);
}

/** Output, and the gradient of its sum with respect to x, for params drawn once. */
function run(layer: Layer, xShape: readonly number[], x: readonly number[], ctx: ApplyContext, feeds = {}): number[][] {
  const params = Object.values(layer.init).map(({ shape }, i) => input(`p${i}`, shape));
  const rng = createRng("attention params");
  const drawn = params.map(({ shape, attributes }): [string, number[]] => [
    String(attributes.name),
    Array.from({ length: numElements(shape) }, () => rng.nextFloat() - 0.5),
  ]);
  const tensor = input("x", xShape);
  const y = applyLayer(layer, params, tensor, ctx);
  const graph = createGraph({
    inputs: [tensor, ...params, ...(ctx.mask ? [ctx.mask] : [])],
    outputs: [y, ...gradients(reduceSum(y), [tensor])],
  });
  return runReference(graph, { ...Object.fromEntries(drawn), ...feeds, x }).outputs.map((values) => [...values]);
}

describe("embedding", () => {
  it("keeps the padding's vector at zero, and gives NaN for an id outside", () => {
    const layer = embedding(3, 2, { paddingId: 1 });
    const table = new Float32Array(6);
    layer.init.w.fill(table, createRng(1));
    expect([...table.slice(2, 4)]).toEqual([0, 0]);
    expect(table.filter((value) => value !== 0)).toHaveLength(4);
    const [vectors] = run(layer, [1, 3], [0, 1, 3], evaluateContext);
    expect(vectors!.map((value) => (Number.isNaN(value) ? "NaN" : value === 0))).toEqual([
      false,
      false,
      true,
      true,
      "NaN",
      "NaN",
    ]);
    expect(() => embedding(3, 2, { paddingId: 3 })).toThrow('"paddingId" expected a value in [0, 2], got 3');
  });
});

describe("sinusoidalPositions", () => {
  it("refuses a table that nobody needs", () => {
    expect(() => applyLayer(sinusoidalPositions(), [], input("x", [1, 4096, 4096]), evaluateContext)).toThrow(
      "time · features <= 1048576",
    );
  });
});

describe("multiHeadAttention", () => {
  it("hides the future where it is causal", () => {
    const layer = multiHeadAttention(4, 2, { causal: true });
    const x = Array.from({ length: 12 }, (_, i) => Math.fround(i / 7));
    const [before] = run(layer, [1, 3, 4], x, evaluateContext);
    const [after] = run(layer, [1, 3, 4], [...x.slice(0, 8), 9, 9, 9, 9], evaluateContext);
    expect(after!.slice(0, 8)).toEqual(before!.slice(0, 8));
    expect(after!.slice(8)).not.toEqual(before!.slice(8));
  });

  it("gives a step that sees nothing the projection's bias, and no gradient through it", () => {
    const layer = multiHeadAttention(2, 1, { causal: true });
    const tokens = [1, 2, 3, 4, 5, 6];
    // The first step is padding: it sees itself only, and that is masked.
    const feeds = { mask: [0, 1, 1, 0, 0, 0] };
    const [y, dx] = run(layer, [2, 3, 2], [...tokens, ...tokens], masked.ctx, feeds);
    const [bias] = run(layer, [2, 3, 2], [...tokens, ...tokens], masked.ctx, { mask: [0, 0, 0, 0, 0, 0] });
    expect(y!.slice(0, 2)).toEqual(bias!.slice(0, 2));
    expect(y!.slice(6)).toEqual(bias!.slice(6));
    expect(y!.slice(2, 4)).not.toEqual(bias!.slice(2, 4));
    expect(dx!.map((value) => value !== 0)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
      ...new Array(6).fill(false),
    ]);
  });

  it("refuses heads that do not divide the features, and a rate of 1", () => {
    expect(() => multiHeadAttention(6, 4)).toThrow('"heads" expected a divisor of the 6 features, got 4');
    expect(() => transformerBlock(4, 2, 8, { dropout: 1 })).toThrow('"rate" expected a value below 1, got 1');
  });
});

describe("transformerBlock", () => {
  it("makes a tiny GPT of 116,826 params", () => {
    const block = transformerBlock(64, 4, 256, { causal: true });
    // Two embeddings, twice (two norms, qkv, projection, up, down), a norm, an output layer.
    const blockParams = 2 * 128 + 64 * 192 + 192 + 64 * 64 + 64 + 64 * 256 + 256 + 256 * 64 + 64;
    expect(countParams([block])).toBe(blockParams);
    const layers = [embedding(90, 64), learnedPositions(80, 64), block, block, layerNorm(64), linear(64, 90)];
    expect(countParams(layers)).toBe(90 * 64 + 80 * 64 + 2 * blockParams + 128 + 65 * 90);
    expect(countParams(layers)).toBe(116_826);
  });
});
