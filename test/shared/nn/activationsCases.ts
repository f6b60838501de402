import { input } from "../../../shared/graph/ops.ts";
import { elu } from "../../../shared/nn/layers/elu.ts";
import { gelu } from "../../../shared/nn/layers/gelu.ts";
import { identity } from "../../../shared/nn/layers/identity.ts";
import { leakyRelu } from "../../../shared/nn/layers/leakyRelu.ts";
import { reshape } from "../../../shared/nn/layers/reshape.ts";
import { selu } from "../../../shared/nn/layers/selu.ts";
import { silu } from "../../../shared/nn/layers/silu.ts";
import { softmax } from "../../../shared/nn/layers/softmax.ts";
import { softplus } from "../../../shared/nn/layers/softplus.ts";
import type { LayerCase } from "../../contract/layer.ts";

const bad = input("integers", [3, 4], "i32");
const activations = [leakyRelu(), leakyRelu(0.3), elu(), elu(0.7), selu(), gelu(), silu(), softplus(), softmax()];

export const activationsCases: readonly LayerCase[] = [
  // Both sides of the kink at 0, which the ranges keep off by more than the step of the finite differences.
  ...activations.flatMap((layer): LayerCase[] => [
    { layer, x: [3, 4], y: [3, 4], bad },
    { layer, x: [2, 3, 2], y: [2, 3, 2], bad, range: [-2, -0.1] },
  ]),
  { layer: identity(), x: [3, 4], y: [3, 4] },
  { layer: reshape([2, 6]), x: [3, 4, 3], y: [3, 2, 6], bad: input("x", [3, 11]) },
];
