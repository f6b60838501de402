import { linear } from "../../nn/layers/linear.ts";
import { gru } from "../../nn/layers/recurrent/gru.ts";
import { embedding } from "../../nn/layers/sequence/embedding.ts";
import { masked } from "../../nn/layers/structure/masked.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * Classifies a sequence of token ids, padded with 0, by the last state of a GRU: 36,802 params at its usual sizes.
 * Source of the cell: Cho et al. 2014, section 2.3, arXiv:1406.1078.
 */
export const gruClassifier = zooEntry({ vocabulary: 2000, length: 40, classes: 2 }, ({ vocabulary, length, classes }) =>
  defineModel({
    name: "gru-classifier",
    input: { shape: [length] },
    layers: [
      masked(0, [embedding(vocabulary, 16, { paddingId: 0, stdDev: 0.1 }), gru(16, 32, { output: "last" })]),
      linear(32, classes, { init: "glorotUniform" }),
    ],
    loss: "softmaxCrossEntropy",
  }),
);
