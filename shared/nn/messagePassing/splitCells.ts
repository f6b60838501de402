import { slice } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ComplexGraph } from "./complexGraph.ts";

/** The rows of each dimension: x [batch, nodes + edges + cells, ...] -> [batch, nodes, ...], [batch, edges, ...], [batch, cells, ...]. */
export function splitCells({ nodeEdge, edgeCell }: ComplexGraph, x: Tensor): readonly [Tensor, Tensor, Tensor] {
  const [, nodes, edges] = nodeEdge.shape as [number, number, number];
  const cells = edgeCell.shape[2]!;
  return [slice(x, 1, 0, nodes), slice(x, 1, nodes, edges), slice(x, 1, nodes + edges, cells)];
}
