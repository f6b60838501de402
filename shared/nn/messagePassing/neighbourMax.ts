import { gather, reshape, segmentMax } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { maskedMax } from "../maskedMax.ts";
import type { NodeGraph } from "./nodeGraph.ts";

/**
 * For each node the largest value of each feature over its neighbours, 0 where it has none.
 * Shapes: those of x, [batch, nodes, features] dense, [nodes, features] sparse.
 * Cost: nodes² · features values an example in the dense form.
 */
export function neighbourMax(graph: NodeGraph, x: Tensor): Tensor {
  if (graph.kind === "sparse") return segmentMax(gather(x, graph.sources), graph.targets, graph.numNodes);
  const [batch, nodes, features] = x.shape as [number, number, number];
  return maskedMax(reshape(x, [batch, 1, nodes, features]), reshape(graph.adjacency, [batch, nodes, nodes, 1]), 2);
}
