import { denseGraph } from "../../nn/layers/graph/denseGraph.ts";
import { gcn } from "../../nn/layers/graph/gcn.ts";
import { sparseGraph } from "../../nn/layers/graph/sparseGraph.ts";
import { dropout } from "../../nn/layers/normalisation/dropout.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

const HIDDEN = 16;

/**
 * Two graph convolutions that classify the nodes of one large graph; the usual sizes are Cora's: 23,063 params.
 * Source: Kipf and Welling 2017, eq. 9 and section 5.2, arXiv:1609.02907.
 */
export const graphConvolution = zooEntry(
  { nodes: 2708, features: 1433, edges: 10_556, classes: 7 },
  ({ nodes, features, edges, classes }) =>
    defineModel({
      name: "gcn",
      input: { shape: [nodes * features + 2 * edges] },
      layers: [
        sparseGraph({
          ...{ nodes, features, edges },
          layers: [dropout(0.5), gcn(features, HIDDEN), relu(), dropout(0.5), gcn(HIDDEN, classes)],
        }),
      ],
      loss: "softmaxCrossEntropy",
    }),
);

/** The same for a small graph given by its adjacency matrix, without dropout; the usual sizes are the karate club's: 594 params. */
export const denseGraphConvolution = zooEntry({ nodes: 34, features: 34, classes: 2 }, ({ nodes, features, classes }) =>
  defineModel({
    name: "gcn-karate",
    input: { shape: [nodes, features + nodes] },
    layers: [denseGraph({ nodes, features, layers: [gcn(features, HIDDEN), relu(), gcn(HIDDEN, classes)] })],
    loss: "softmaxCrossEntropy",
  }),
);
