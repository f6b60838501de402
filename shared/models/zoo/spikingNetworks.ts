import { conv2d } from "../../nn/layers/convolution/conv2d.ts";
import { flatten } from "../../nn/layers/flatten.ts";
import { linear } from "../../nn/layers/linear.ts";
import { leakyIntegrateAndFire } from "../../nn/layers/spiking/leakyIntegrateAndFire.ts";
import { spiking } from "../../nn/layers/spiking/spiking.ts";
import { defineModel } from "../defineModel.ts";
import { mnistImages, mnistPixels } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

const neurons = () => leakyIntegrateAndFire({ decay: 0.9, surrogate: { kind: "arctan", slope: 2 } });
/** Trained by surrogate gradients, read out by the potential of neurons that never fire. */
const inTime = { encoding: "direct", readout: "membrane" } as const;

/**
 * One layer of leaky integrate-and-fire neurons that see each MNIST image for ten steps.
 * Source: Neftci, Mostafa and Zenke 2019, arXiv:1901.09948.
 */
export const spikingMlp = zooEntry({ steps: 10 }, ({ steps }) =>
  defineModel({
    name: "spiking-mlp",
    input: mnistPixels,
    layers: [spiking({ steps, ...inTime, layers: [linear(784, 256), neurons(), linear(256, 10)] })],
    loss: "softmaxCrossEntropy",
  }),
);

/** Two layers of neurons behind strided convolutions, for five steps. Source: as above. */
export const spikingCnn = zooEntry({ steps: 5 }, ({ steps }) =>
  defineModel({
    name: "spiking-cnn",
    input: mnistImages,
    layers: [
      spiking({
        ...{ steps, ...inTime },
        layers: [
          ...[conv2d(1, 16, 5, { strides: 2, padding: 2 }), neurons()],
          ...[conv2d(16, 32, 3, { strides: 2, padding: 1 }), neurons()],
          ...[flatten(), linear(7 * 7 * 32, 10)],
        ],
      }),
    ],
    loss: "softmaxCrossEntropy",
  }),
);
