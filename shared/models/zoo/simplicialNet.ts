import { cellComplex } from "../../nn/layers/graph/cellComplex.ts";
import { cellConv } from "../../nn/layers/graph/cellConv.ts";
import { cellPool } from "../../nn/layers/graph/cellPool.ts";
import { linear } from "../../nn/layers/linear.ts";
import { dropout } from "../../nn/layers/normalisation/dropout.ts";
import { relu } from "../../nn/layers/relu.ts";
import { defineModel } from "../defineModel.ts";
import { zooEntry } from "./zooEntry.ts";

const HIDDEN = 32;

/**
 * Message passing between nodes, edges and 2-cells (triangles of a simplicial complex, rings of a molecule) that classifies
 * complexes; the usual sizes are those of MUTAG with its rings.
 * Source: Bodnar et al. 2021, arXiv:2103.03212 (simplicial) and arXiv:2106.12575 (cellular).
 */
export const simplicialNet = zooEntry(
  { nodes: 28, edges: 33, cells: 7, features: 7, classes: 2 },
  ({ nodes, edges, cells, features, classes }) =>
    defineModel({
      name: "simplicial-net",
      input: { shape: [nodes * features + nodes * edges + edges * cells] },
      layers: [
        cellComplex({
          ...{ nodes, edges, cells, features },
          layers: [cellConv(features, HIDDEN), relu(), cellConv(HIDDEN, HIDDEN), relu(), cellPool("mean", "concat")],
        }),
        ...[linear(3 * HIDDEN, HIDDEN), relu(), dropout(0.5)],
        linear(HIDDEN, classes, { init: "glorotUniform" }),
      ],
      loss: "softmaxCrossEntropy",
    }),
);
