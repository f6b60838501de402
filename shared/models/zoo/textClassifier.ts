import { linear } from "../../nn/layers/linear.ts";
import { globalAveragePool } from "../../nn/layers/pooling/globalPool.ts";
import { embedding } from "../../nn/layers/sequence/embedding.ts";
import { masked } from "../../nn/layers/structure/masked.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * Classifies a sequence of token ids, padded with 0, by the mean of its tokens' vectors: 32,034 params at its usual sizes.
 * Source: Joulin et al. 2017, "Bag of tricks for efficient text classification", section 2, arXiv:1607.01759, without n-grams.
 */
export const textClassifier = zooEntry(
  { vocabulary: 2000, length: 40, classes: 2 },
  ({ vocabulary, length, classes }) =>
    defineModel({
      name: "text-classifier",
      input: { shape: [length] },
      layers: [
        masked(0, [embedding(vocabulary, 16, { paddingId: 0, stdDev: 0.1 }), globalAveragePool()]),
        linear(16, classes, { init: "glorotUniform" }),
      ],
      loss: "softmaxCrossEntropy",
    }),
);
