import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { input, literal, reduceSum } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { multiHeadAttention } from "../../../shared/nn/layers/attention/multiHeadAttention.ts";
import { transformerBlock } from "../../../shared/nn/layers/attention/transformerBlock.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { layerNorm } from "../../../shared/nn/layers/normalisation/layerNorm.ts";
import { embedding } from "../../../shared/nn/layers/sequence/embedding.ts";
import { lastOverTime } from "../../../shared/nn/layers/sequence/lastOverTime.ts";
import { learnedPositions } from "../../../shared/nn/layers/sequence/learnedPositions.ts";
import { sinusoidalPositions } from "../../../shared/nn/layers/sequence/sinusoidalPositions.ts";
import { applyLayer, type LayerCase, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";

const mask = input("mask", [2, 3]);
const masked = {
  ctx: { ...evaluateContext, mask },
  extraInputs: [mask],
  feeds: { mask: [1, 1, 0, 0, 1, 1] },
};
const flat = input("x", [6, 4]);
const wide = input("x", [2, 3, 5]);

/** Training with fixed draws, the same for each run of a graph. */
function trainContext(): ApplyContext {
  const rng = createRng("attention draws");
  const draw = (count: number): number[] => Array.from({ length: count }, () => Math.fround(rng.nextFloat()));
  return { ...evaluateContext, mode: "train", random: (shape) => literal(draw(numElements(shape)), shape) };
}

const cases: readonly LayerCase[] = [
  { layer: embedding(5, 3), x: [2, 4], y: [2, 4, 3], ids: [0, 1, 2, 3, 4, 0, 0, 1], bad: input("ids", [3]) },
  { layer: embedding(5, 2, { paddingId: 1, stdDev: 0.1 }), x: [2, 2], y: [2, 2, 2], ids: [0, 1, 1, 4] },
  { layer: learnedPositions(4, 2), x: [2, 3, 2], y: [2, 3, 2], bad: input("x", [2, 5, 2]) },
  { layer: sinusoidalPositions(), x: [2, 3, 4], y: [2, 3, 4], bad: flat },
  { layer: lastOverTime(), x: [2, 3, 4], y: [2, 4], bad: flat },
  { layer: lastOverTime(), x: [2, 3, 4], y: [2, 4], bad: input("x", [2, 4, 4]), ...masked },
  { layer: multiHeadAttention(4, 2), x: [2, 3, 4], y: [2, 3, 4], bad: wide, range: [-1, 1] },
  {
    layer: multiHeadAttention(4, 1, { causal: true }),
    x: [2, 3, 4],
    y: [2, 3, 4],
    bad: flat,
    range: [-1, 1],
    ...masked,
  },
  {
    layer: multiHeadAttention(2, 2, { dropout: 0.25 }),
    x: [2, 3, 2],
    y: [2, 3, 2],
    range: [-1, 1],
    ctx: trainContext(),
  },
  { layer: transformerBlock(2, 1, 3, { causal: true }), x: [2, 3, 2], y: [2, 3, 2], bad: wide, range: [-1, 1] },
  {
    layer: transformerBlock(4, 2, 3, { norm: "post", dropout: 0.1 }),
    x: [1, 2, 4],
    y: [1, 2, 4],
    range: [-1, 1],
    ctx: trainContext(),
  },
];

for (const layerCase of cases) layerContract(layerCase);
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
