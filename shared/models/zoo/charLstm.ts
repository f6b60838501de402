import { linear } from "../../nn/layers/linear.ts";
import { lstm } from "../../nn/layers/recurrent/lstm.ts";
import { embedding } from "../../nn/layers/sequence/embedding.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * Predicts the next character at each step, from plain LSTM cells: 820,522 params at its usual sizes.
 * Source: McMahan et al. 2017, section 3, arXiv:1602.05629.
 */
export const charLstm = zooEntry({ vocabulary: 90, context: 80 }, ({ vocabulary, context }) =>
  defineModel({
    name: "char-lstm",
    input: { shape: [context] },
    layers: [embedding(vocabulary, 8), lstm(8, 256, { layers: 2 }), linear(256, vocabulary, { init: "glorotUniform" })],
    loss: "softmaxCrossEntropy",
  }),
);
