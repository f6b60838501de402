import { gather, matmul, scatterAdd } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { NodeGraph } from "./nodeGraph.ts";

/**
 * For each node the sum of x over its neighbours, weighted by the adjacency in the dense form.
 * Shapes: those of x, [batch, nodes, features] dense, [nodes, features] sparse.
 */
export function neighbourSum(graph: NodeGraph, x: Tensor): Tensor {
  if (graph.kind === "dense") return matmul(graph.adjacency, x);
  return scatterAdd(gather(x, graph.sources), graph.targets, graph.numNodes);
}
