import { input } from "../../../shared/graph/ops.ts";
import { conv1d } from "../../../shared/nn/layers/convolution/conv1d.ts";
import { conv2d } from "../../../shared/nn/layers/convolution/conv2d.ts";
import { depthwiseConv2d } from "../../../shared/nn/layers/convolution/depthwiseConv2d.ts";
import { separableConv2d } from "../../../shared/nn/layers/convolution/separableConv2d.ts";
import { averagePool2d } from "../../../shared/nn/layers/pooling/averagePool2d.ts";
import { globalAveragePool, globalMaxPool } from "../../../shared/nn/layers/pooling/globalPool.ts";
import { maxPool2d } from "../../../shared/nn/layers/pooling/maxPool2d.ts";
import { averagePool1d, maxPool1d } from "../../../shared/nn/layers/pooling/pool1d.ts";
import type { LayerCase } from "../../contract/layer.ts";

export const image = input("image", [2, 5, 5, 7]);
const sequence = input("sequence", [2, 5, 7]);

// A maximum has a kink where two values of a window are equal; the draws of these shapes have no two within 2 · 2^-7.
export const convolutionCases: readonly LayerCase[] = [
  { layer: conv2d(2, 3, 3), x: [2, 5, 4, 2], y: [2, 3, 2, 3], bad: image },
  { layer: conv2d(2, 4, [3, 2], { strides: 2, padding: "same", groups: 2 }), x: [1, 5, 4, 2], y: [1, 3, 2, 4] },
  { layer: conv2d(4, 4, 2, { groups: 2, bias: false, dilations: 2 }), x: [1, 4, 4, 4], y: [1, 2, 2, 4], bad: image },
  { layer: conv2d(3, 2, 1), x: [2, 2, 3, 3], y: [2, 2, 3, 2], bad: sequence },
  { layer: depthwiseConv2d(2, 3, { multiplier: 2, padding: 1 }), x: [1, 3, 4, 2], y: [1, 3, 4, 4], bad: image },
  { layer: separableConv2d(2, 3, 2), x: [2, 3, 3, 2], y: [2, 2, 2, 3], bad: image },
  { layer: conv1d(2, 3, 3, { padding: "causal", dilation: 2 }), x: [2, 6, 2], y: [2, 6, 3], bad: sequence },
  { layer: conv1d(2, 4, 3, { stride: 2, groups: 2, init: "glorotUniform" }), x: [1, 7, 2], y: [1, 3, 4], bad: image },
  { layer: maxPool2d(2), x: [1, 4, 4, 1], y: [1, 2, 2, 1], bad: sequence, range: [-8, 8] },
  { layer: averagePool2d(2), x: [2, 5, 4, 2], y: [2, 2, 2, 2], bad: sequence },
  { layer: averagePool2d(3, { strides: 1, padding: "same" }), x: [1, 4, 4, 1], y: [1, 4, 4, 1], bad: sequence },
  { layer: maxPool1d(2), x: [1, 7, 1], y: [1, 3, 1], bad: image, range: [-8, 8] },
  { layer: averagePool1d(3, { stride: 2, padding: 1 }), x: [2, 7, 2], y: [2, 4, 2], bad: image },
  { layer: globalAveragePool(), x: [2, 3, 2, 2], y: [2, 2], bad: input("x", [2, 3]) },
  { layer: globalMaxPool(), x: [1, 4, 2], y: [1, 2], bad: input("x", [2, 3]), range: [-8, 8] },
];
