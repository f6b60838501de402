import { linear } from "../../nn/layers/linear.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { mnistPixels } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * Squeezes MNIST's images through 32 numbers and back; its loss is the mean squared error of a pixel.
 * Source: Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks", trained from random
 * params, with ReLU.
 */
export const autoencoder = zooEntry({ code: 32 }, ({ code }) =>
  defineModel({
    name: "autoencoder",
    input: mnistPixels,
    layers: [
      ...[linear(784, 256), relu(), linear(256, 128), relu(), linear(128, code, { init: "glorotUniform" })],
      ...[linear(code, 128), relu(), linear(128, 256), relu(), linear(256, 784, { init: "glorotUniform" })],
    ],
    loss: "reconstruction",
  }),
);
