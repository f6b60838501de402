import { input } from "../../../shared/graph/ops.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { cellComplex } from "../../../shared/nn/layers/graph/cellComplex.ts";
import { cellConv } from "../../../shared/nn/layers/graph/cellConv.ts";
import { cellPool } from "../../../shared/nn/layers/graph/cellPool.ts";
import { denseGraph } from "../../../shared/nn/layers/graph/denseGraph.ts";
import { gat } from "../../../shared/nn/layers/graph/gat.ts";
import { gcn } from "../../../shared/nn/layers/graph/gcn.ts";
import { gin } from "../../../shared/nn/layers/graph/gin.ts";
import { graphPool } from "../../../shared/nn/layers/graph/graphPool.ts";
import { graphSage } from "../../../shared/nn/layers/graph/graphSage.ts";
import { sparseGraph } from "../../../shared/nn/layers/graph/sparseGraph.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import type { LayerCase } from "../../contract/layer.ts";

// Values of the contract lie in [0.1, 1]: every pair of nodes has a weighted edge, every node and cell is there.
export const dense = (layer: Layer): Layer => denseGraph({ nodes: 3, features: 2, layers: [layer] });
// As numbers of nodes all values below 1 are node 0, which every edge then joins to itself.
const sparse = (layer: Layer): Layer => sparseGraph({ nodes: 2, features: 2, edges: 3, layers: [layer] });
const complex = (layers: readonly Layer[]): Layer => cellComplex({ nodes: 2, edges: 2, cells: 1, features: 1, layers });

export const graphsCases: readonly LayerCase[] = [
  ...[gcn(2, 2), gat(2, 2, 2), gat(2, 2, 2, { concat: false, negativeSlope: 0.5 })].map((layer): LayerCase => {
    const width = layer.init.b!.shape[0]!;
    return { layer: dense(layer), x: [2, 3, 5], y: [2, 3, width], bad: input("x", [2, 3, 4]) };
  }),
  ...(["mean", "max", "sum"] as const).map((aggregator): LayerCase => {
    return { layer: dense(graphSage(2, 2, aggregator)), x: [1, 3, 5], y: [1, 3, 2], bad: input("x", [1, 4, 5]) };
  }),
  { layer: dense(gin([linear(2, 3), relu()])), x: [2, 3, 5], y: [2, 3, 3], bad: input("x", [6, 5]) },
  { layer: dense(gin([linear(2, 3)], { trainEpsilon: false })), x: [1, 3, 5], y: [1, 3, 3] },
  ...(["sum", "mean", "max"] as const).map((pooling): LayerCase => {
    return { layer: dense(graphPool(pooling)), x: [2, 3, 5], y: [2, 2], bad: input("x", [2, 15]) };
  }),
  ...[gcn(2, 3), gat(2, 3, 1), graphSage(2, 3, "mean")].map((layer): LayerCase => {
    return { layer: sparse(layer), x: [2, 10], y: [2, 2, 3], bad: input("x", [2, 11]), range: [0.1, 0.9] };
  }),
  { layer: sparse(graphPool("mean")), x: [2, 10], y: [2, 2], range: [0.1, 0.9] },
  { layer: complex([cellConv(1, 2)]), x: [2, 8], y: [2, 5, 2], bad: input("x", [2, 9]) },
  { layer: complex([cellPool("sum")]), x: [2, 8], y: [2, 3] },
  { layer: complex([cellPool("mean", "sum")]), x: [2, 8], y: [2, 1], bad: input("x", [2, 2, 4]) },
];
