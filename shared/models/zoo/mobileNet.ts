import type { Layer } from "../../nn/layer.ts";
import { conv2d } from "../../nn/layers/convolution/conv2d.ts";
import { depthwiseConv2d } from "../../nn/layers/convolution/depthwiseConv2d.ts";
import { linear } from "../../nn/layers/linear.ts";
import { groupNorm } from "../../nn/layers/normalisation/groupNorm.ts";
import { globalAveragePool } from "../../nn/layers/pooling/globalPool.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { mnistImages } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

const GROUPS = 8;

function separableBlock(inChannels: number, outChannels: number, stride: number): Layer[] {
  return [
    ...[depthwiseConv2d(inChannels, 3, { strides: stride, padding: 1, bias: false }), groupNorm(GROUPS, inChannels)],
    relu(),
    ...[conv2d(inChannels, outChannels, 1, { bias: false }), groupNorm(GROUPS, outChannels)],
    relu(),
  ];
}

/**
 * A small network of depthwise separable convolutions in the manner of MobileNet, with group norm.
 * Source: Howard et al. 2017, section 3, arXiv:1704.04861; sizes and norm are ours.
 */
export const mobileNet = zooEntry({}, () =>
  defineModel({
    name: "mobile-net",
    input: mnistImages,
    layers: [
      ...[conv2d(1, 16, 3, { strides: 2, padding: 1, bias: false }), groupNorm(GROUPS, 16), relu()],
      ...[...separableBlock(16, 32, 1), ...separableBlock(32, 64, 2)],
      ...[...separableBlock(64, 64, 1), ...separableBlock(64, 128, 2)],
      ...[globalAveragePool(), linear(128, 10, { init: "glorotUniform" })],
    ],
    loss: "softmaxCrossEntropy",
  }),
);
