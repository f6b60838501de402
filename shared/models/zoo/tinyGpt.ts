import { transformerBlock } from "../../nn/layers/attention/transformerBlock.ts";
import { linear } from "../../nn/layers/linear.ts";
import { layerNorm } from "../../nn/layers/normalisation/layerNorm.ts";
import { embedding } from "../../nn/layers/sequence/embedding.ts";
import { learnedPositions } from "../../nn/layers/sequence/learnedPositions.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

const FEATURES = 64;

/**
 * A causal transformer that predicts the next character at each step: 116,826 params at its usual sizes.
 * Source: Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3, made tiny; the output has a
 * matrix of its own.
 */
export const tinyGpt = zooEntry({ vocabulary: 90, context: 80 }, ({ vocabulary, context }) =>
  defineModel({
    name: "tiny-gpt",
    input: { shape: [context] },
    layers: [
      embedding(vocabulary, FEATURES),
      learnedPositions(context, FEATURES),
      transformerBlock(FEATURES, 4, 4 * FEATURES, { causal: true }),
      transformerBlock(FEATURES, 4, 4 * FEATURES, { causal: true }),
      layerNorm(FEATURES),
      linear(FEATURES, vocabulary, { init: "glorotUniform" }),
    ],
    loss: "softmaxCrossEntropy",
  }),
);
