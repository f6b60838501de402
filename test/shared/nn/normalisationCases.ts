import { createRng } from "../../../shared/base/rng.ts";
import { input, literal } from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { ApplyContext } from "../../../shared/nn/applyContext.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { dropout, spatialDropout } from "../../../shared/nn/layers/normalisation/dropout.ts";
import { groupNorm } from "../../../shared/nn/layers/normalisation/groupNorm.ts";
import { layerNorm } from "../../../shared/nn/layers/normalisation/layerNorm.ts";
import { rmsNorm } from "../../../shared/nn/layers/normalisation/rmsNorm.ts";
import type { LayerCase } from "../../contract/layer.ts";

/** Training with fixed draws, the same for each run of a graph. */
export function trainContext(): ApplyContext & { readonly updates: string[] } {
  const rng = createRng("dropout draws");
  const updates: string[] = [];
  return {
    mode: "train",
    updates,
    random: (shape) =>
      literal(
        Array.from({ length: numElements(shape) }, () => Math.fround(rng.nextFloat())),
        shape,
      ),
    updateStatistic: (target) => void updates.push(String(target.attributes.name)),
  };
}

const bad = input("x", [3, 7]);
export const normalisationCases: readonly LayerCase[] = [
  { layer: layerNorm(4), x: [3, 4], y: [3, 4], bad },
  { layer: layerNorm(3, { affine: false, epsilon: 0.01 }), x: [2, 2, 3], y: [2, 2, 3], bad },
  { layer: rmsNorm(4), x: [2, 3, 4], y: [2, 3, 4], bad },
  { layer: groupNorm(2, 4), x: [2, 3, 2, 4], y: [2, 3, 2, 4], bad },
  { layer: groupNorm(1, 4, { affine: false }), x: [2, 4], y: [2, 4], bad },
  { layer: batchNorm(3), x: [2, 2, 3], y: [2, 2, 3], bad, range: [0.5, 1] },
  { layer: batchNorm(2, { momentum: 0.2 }), x: [4, 2], y: [4, 2], bad, ctx: trainContext() },
  { layer: dropout(0.4), x: [3, 4], y: [3, 4], ctx: trainContext() },
  { layer: dropout(0), x: [3, 4], y: [3, 4], ctx: trainContext() },
  { layer: spatialDropout(0.4), x: [2, 3, 4], y: [2, 3, 4], ctx: trainContext(), bad },
];
