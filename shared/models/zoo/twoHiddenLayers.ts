import { linear } from "../../nn/layers/linear.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { mnistPixels } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

/** The "2NN" of the first paper on federated averaging: 199,210 params. Source: McMahan et al. 2017, section 3, arXiv:1602.05629. */
export const twoHiddenLayers = zooEntry({}, () =>
  defineModel({
    name: "2nn",
    input: mnistPixels,
    layers: [linear(784, 200), relu(), linear(200, 200), relu(), linear(200, 10)],
    loss: "softmaxCrossEntropy",
  }),
);
