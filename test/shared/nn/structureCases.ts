import { input } from "../../../shared/graph/ops.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { layerNorm } from "../../../shared/nn/layers/normalisation/layerNorm.ts";
import { globalMaxPool } from "../../../shared/nn/layers/pooling/globalPool.ts";
import { denseConnection } from "../../../shared/nn/layers/structure/denseConnection.ts";
import { frozen } from "../../../shared/nn/layers/structure/frozen.ts";
import { lora } from "../../../shared/nn/layers/structure/lora.ts";
import { masked } from "../../../shared/nn/layers/structure/masked.ts";
import { parallel } from "../../../shared/nn/layers/structure/parallel.ts";
import { privateLayer } from "../../../shared/nn/layers/structure/privateLayer.ts";
import { residual } from "../../../shared/nn/layers/structure/residual.ts";
import { sequential } from "../../../shared/nn/layers/structure/sequential.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import type { LayerCase } from "../../contract/layer.ts";

const bad = input("x", [3, 7]);
export const structureCases: readonly LayerCase[] = [
  { layer: sequential([linear(4, 3), tanh(), linear(3, 2)]), x: [3, 4], y: [3, 2], bad },
  { layer: residual([linear(4, 4), tanh()]), x: [3, 4], y: [3, 4], bad },
  { layer: residual([linear(4, 2)], [linear(4, 2, { bias: false })]), x: [2, 3, 4], y: [2, 3, 2], bad },
  { layer: denseConnection([linear(4, 2)]), x: [3, 4], y: [3, 6], bad },
  { layer: parallel([[linear(4, 2)], [], [residual([layerNorm(4)])]]), x: [3, 4], y: [3, 10], bad },
  { layer: masked(0, [globalMaxPool()]), x: [2, 3, 2], y: [2, 2], bad: input("x", [2]), range: [-8, 8] },
  { layer: frozen(linear(4, 3)), x: [3, 4], y: [3, 3], bad },
  { layer: privateLayer(linear(4, 3), { arrays: ["b"] }), x: [3, 4], y: [3, 3], bad },
  { layer: lora(linear(4, 3), { rank: 2 }), x: [3, 4], y: [3, 3], bad },
  { layer: lora(residual([linear(4, 4), tanh()]), { rank: 1, alpha: 0.5 }), x: [3, 4], y: [3, 4], bad },
];
