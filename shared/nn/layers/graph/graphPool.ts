import { reshape } from "../../../graph/ops.ts";
import type { Layer } from "../../layer.ts";
import { nodeGraph } from "../../messagePassing/nodeGraph.ts";
import { type Pooling, poolRows } from "../../poolRows.ts";

/**
 * Read-out of each graph: the sum, mean or maximum of its nodes, feature by feature. Padding does not count; a graph without
 * nodes gives 0. The sum tells graphs apart that mean and maximum do not (Xu et al. 2019, section 5, arXiv:1810.00826).
 * Shapes: x [batch, nodes, features] (dense) or [nodes of the batch, features] (sparse) -> [batch, features].
 * @throws TypeError when traced outside of a `denseGraph` or `sparseGraph` layer.
 */
export function graphPool(pooling: Pooling): Layer<never> {
  return {
    name: `graphPool(${pooling})`,
    document: { kind: "graphPool", pooling },
    init: {},
    apply(_, x, ctx) {
      const graph = nodeGraph("graphPool", x, ctx);
      if (graph.kind === "dense") return poolRows(pooling, x, graph.mask);
      const rows = [graph.numGraphs, graph.numNodes / graph.numGraphs];
      return poolRows(pooling, reshape(x, [...rows, x.shape[1]!]), reshape(graph.mask, rows));
    },
  };
}
