import { conv1d } from "../../nn/layers/convolution/conv1d.ts";
import { linear } from "../../nn/layers/linear.ts";
import { globalAveragePool } from "../../nn/layers/pooling/globalPool.ts";
import { maxPool1d } from "../../nn/layers/pooling/pool1d.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * Classifies windows of sensor readings [time, channels] by convolutions along time: 11,206 params at its usual sizes.
 * In the manner of Yang et al. 2015, "Deep convolutional neural networks on multichannel time series for human activity
 * recognition"; sizes are ours.
 */
export const sensorCnn = zooEntry({ length: 128, channels: 3, classes: 6 }, ({ length, channels, classes }) =>
  defineModel({
    name: "sensor-cnn",
    input: { shape: [length, channels] },
    layers: [
      ...[conv1d(channels, 32, 5, { padding: "same" }), relu(), maxPool1d(2)],
      ...[conv1d(32, 64, 5, { padding: "same" }), relu()],
      ...[globalAveragePool(), linear(64, classes, { init: "glorotUniform" })],
    ],
    loss: "softmaxCrossEntropy",
  }),
);
