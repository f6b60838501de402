import { input } from "../../../shared/graph/ops.ts";
import { flatten } from "../../../shared/nn/layers/flatten.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { sigmoid } from "../../../shared/nn/layers/sigmoid.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import type { LayerCase } from "../../contract/layer.ts";

const integers = input("integers", [3, 4], "i32");
export const layersCases: readonly LayerCase[] = [
  { layer: linear(4, 5), x: [3, 4], y: [3, 5], bad: input("x", [3, 5]) },
  { layer: linear(4, 5, { init: "glorotUniform" }), x: [3, 4], y: [3, 5], bad: input("x", [3, 4, 1]) },
  { layer: linear(4, 5, { bias: false, init: { normal: 0.1 } }), x: [3, 4], y: [3, 5], bad: input("x", [4]) },
  { layer: linear(4, 5, { init: "orthogonal" }), x: [2, 3, 4], y: [2, 3, 5], bad: input("x", [2, 4, 3]) },
  { layer: relu(), x: [3, 4], y: [3, 4], bad: integers },
  { layer: tanh(), x: [3, 4], y: [3, 4], bad: integers },
  { layer: sigmoid(), x: [3, 4], y: [3, 4], bad: integers },
  { layer: flatten(), x: [3, 2, 2], y: [3, 4] },
];
