import { createRng } from "../../../shared/base/rng.ts";
import { input, literal } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import { multiHeadAttention } from "../../../shared/nn/layers/attention/multiHeadAttention.ts";
import { transformerBlock } from "../../../shared/nn/layers/attention/transformerBlock.ts";
import { embedding } from "../../../shared/nn/layers/sequence/embedding.ts";
import { lastOverTime } from "../../../shared/nn/layers/sequence/lastOverTime.ts";
import { learnedPositions } from "../../../shared/nn/layers/sequence/learnedPositions.ts";
import { sinusoidalPositions } from "../../../shared/nn/layers/sequence/sinusoidalPositions.ts";
import type { LayerCase } from "../../contract/layer.ts";

const mask = input("mask", [2, 3]);
export const masked = {
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

export const attentionCases: readonly LayerCase[] = [
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
