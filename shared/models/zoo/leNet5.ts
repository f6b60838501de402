import { conv2d } from "../../nn/layers/convolution/conv2d.ts";
import { flatten } from "../../nn/layers/flatten.ts";
import { linear } from "../../nn/layers/linear.ts";
import { averagePool2d } from "../../nn/layers/pooling/averagePool2d.ts";
import { tanh } from "../../nn/layers/tanh.ts";
import { defineModel } from "../defineModel.ts";
import { mnistImages } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

const init = "glorotUniform";

/**
 * LeNet-5: 61,706 params. Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.B.
 * Deviations: the second convolution sees all six maps, pooling has no coefficients of its own, softmax in place of the
 * radial basis functions.
 */
export const leNet5 = zooEntry({}, () =>
  defineModel({
    name: "lenet-5",
    input: mnistImages,
    layers: [
      ...[conv2d(1, 6, 5, { padding: "same", init }), tanh(), averagePool2d(2)],
      ...[conv2d(6, 16, 5, { init }), tanh(), averagePool2d(2)],
      ...[flatten(), linear(5 * 5 * 16, 120, { init }), tanh(), linear(120, 84, { init }), tanh()],
      linear(84, 10, { init }),
    ],
    loss: "softmaxCrossEntropy",
  }),
);
