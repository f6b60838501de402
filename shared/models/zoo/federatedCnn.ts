import { conv2d } from "../../nn/layers/convolution/conv2d.ts";
import { flatten } from "../../nn/layers/flatten.ts";
import { linear } from "../../nn/layers/linear.ts";
import { maxPool2d } from "../../nn/layers/pooling/maxPool2d.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { mnistImages } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

/** The CNN of the first paper on federated averaging: 1,663,370 params. Source: McMahan et al. 2017, section 3, arXiv:1602.05629. */
export const federatedCnn = zooEntry({}, () =>
  defineModel({
    name: "cnn",
    input: mnistImages,
    layers: [
      ...[conv2d(1, 32, 5, { padding: "same" }), relu(), maxPool2d(2)],
      ...[conv2d(32, 64, 5, { padding: "same" }), relu(), maxPool2d(2)],
      ...[flatten(), linear(7 * 7 * 64, 512), relu(), linear(512, 10)],
    ],
    loss: "softmaxCrossEntropy",
  }),
);
