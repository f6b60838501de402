import { linear } from "../../nn/layers/linear.ts";
import { defineModel } from "../defineModel.ts";
import { mnistPixels } from "./mnistInput.ts";
import { zooEntry } from "./zooEntry.ts";

/** Multinomial logistic regression on MNIST: 7,850 params. */
export const softmaxRegression = zooEntry({}, () =>
  defineModel({
    name: "softmax-regression",
    input: mnistPixels,
    layers: [linear(784, 10)],
    loss: "softmaxCrossEntropy",
  }),
);
