import { denseGraph } from "../../nn/layers/graph/denseGraph.ts";
import { gin } from "../../nn/layers/graph/gin.ts";
import { graphPool } from "../../nn/layers/graph/graphPool.ts";
import { linear } from "../../nn/layers/linear.ts";
import { dropout } from "../../nn/layers/normalisation/dropout.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

const HIDDEN = 32;

const ginLayer = (inFeatures: number) => gin([linear(inFeatures, HIDDEN), relu(), linear(HIDDEN, HIDDEN), relu()]);

/**
 * A graph isomorphism network that classifies small graphs; the usual sizes are MUTAG's: 5,605 params.
 * Source: Xu et al. 2019, eq. 4.1 and section 4.2, arXiv:1810.00826, reading out the last layer only and without batch norm.
 */
export const graphIsomorphism = zooEntry({ nodes: 28, features: 7, classes: 2 }, ({ nodes, features, classes }) =>
  defineModel({
    name: "gin",
    input: { shape: [nodes, features + nodes] },
    layers: [
      denseGraph({
        ...{ nodes, features },
        layers: [ginLayer(features), ginLayer(HIDDEN), ginLayer(HIDDEN), graphPool("sum")],
      }),
      ...[dropout(0.5), linear(HIDDEN, classes, { init: "glorotUniform" })],
    ],
    loss: "softmaxCrossEntropy",
  }),
);
