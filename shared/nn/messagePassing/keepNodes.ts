import { mul, reshape } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { NodeGraph } from "./nodeGraph.ts";

/**
 * Sets the rows of padding back to zero, where a bias has lifted them: [batch, nodes, features] dense. In the sparse form
 * padding nodes have no neighbours but themselves, so nobody reads them, and x stays as it is.
 */
export function keepNodes(graph: NodeGraph, x: Tensor): Tensor {
  return graph.kind === "dense" ? mul(x, reshape(graph.mask, [...graph.mask.shape, 1])) : x;
}
