import { constant, reduceSum, reshape, scatterAdd } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { NodeGraph } from "./nodeGraph.ts";

/**
 * How many neighbours each node has, weighted by the adjacency in the dense form: its degree.
 * Shapes: [batch, nodes, 1] dense, [nodes, 1] sparse.
 */
export function neighbourCount(graph: NodeGraph): Tensor {
  if (graph.kind === "dense") return reshape(reduceSum(graph.adjacency, [2]), [...graph.mask.shape, 1]);
  const ones = constant(1, [...graph.targets.shape, 1]);
  return scatterAdd(ones, graph.targets, graph.numNodes);
}
