import { assertPositiveInteger } from "../../../base/assert.ts";
import { abs, add, concat, matmul, mul, reduceSum, reshape, sub } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { glorotUniform, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { complexGraph } from "../../messagePassing/complexGraph.ts";
import { splitCells } from "../../messagePassing/splitCells.ts";

type CellConvParams = "nodeW" | "nodeB" | "edgeW" | "edgeB" | "cellW" | "cellB";

/**
 * Message passing on a cell complex. Each cell hears the sums over its boundary, its coboundary, its upper neighbours
 * (once for each cell that both bound) and its lower neighbours (once for each cell in both boundaries). With its own
 * features these lie side by side under one affine map for each dimension. An activation follows as a layer of its own;
 * a linear layer behind it completes the perceptron on all messages of the cited papers. Orientations are left aside.
 * Shapes: x [batch, nodes + edges + cells, inFeatures] -> [..., outFeatures]; nodeW [3 · inFeatures, outFeatures] (own,
 * upper, coboundary), edgeW [5 · inFeatures, outFeatures] (own, boundary, lower, upper, coboundary), cellW
 * [3 · inFeatures, outFeatures] (own, boundary, lower), nodeB, edgeB and cellB [outFeatures].
 * Init: uniform after Glorot, biases zero.
 * Source: Bodnar et al. 2021, "Weisfeiler and Lehman Go Topological" (message passing simplicial networks),
 * arXiv:2103.03212, and "Weisfeiler and Lehman Go Cellular", arXiv:2106.12575. Deviation: upper messages hold the
 * neighbour alone and not also the cell between, which the sum over the coboundary brings.
 * @throws RangeError if a feature count is not a positive integer.
 */
export function cellConv(inFeatures: number, outFeatures: number): Layer<CellConvParams> {
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("outFeatures", outFeatures);
  const weight = (messages: number) =>
    glorotUniform([messages * inFeatures, outFeatures], messages * inFeatures, outFeatures);
  return {
    name: `cellConv(${inFeatures}, ${outFeatures})`,
    document: { kind: "cellConv", inFeatures, outFeatures },
    init: {
      nodeW: weight(3),
      nodeB: zeros([outFeatures]),
      edgeW: weight(5),
      edgeB: zeros([outFeatures]),
      cellW: weight(3),
      cellB: zeros([outFeatures]),
    },
    apply({ nodeW, nodeB, edgeW, edgeB, cellW, cellB }, x, ctx) {
      const graph = complexGraph("cellConv", x, ctx, inFeatures);
      const [nodes, edges, cells] = splitCells(graph, x);
      const low = exchange(abs(graph.nodeEdge), nodes, edges);
      const high = exchange(abs(graph.edgeCell), edges, cells);
      const join = (messages: readonly Tensor[], w: Tensor, b: Tensor): Tensor =>
        add(matmul(concat(messages, 2), w), b);
      const y = concat(
        [
          join([nodes, low.upper, low.coboundary], nodeW, nodeB),
          join([edges, low.boundary, low.lower, high.upper, high.coboundary], edgeW, edgeB),
          join([cells, high.boundary, high.lower], cellW, cellB),
        ],
        1,
      );
      return mul(y, reshape(graph.mask, [...graph.mask.shape, 1]));
    },
  };
}

/**
 * All messages between the cells of two neighbouring dimensions, `incidence` [batch, faces, cofaces] of 0 and 1 saying
 * who bounds whom: `coboundary` and `upper` for the faces, `boundary` and `lower` for the cofaces. Adjacency matrices are
 * never made: a neighbour is reached over the cell between, and the way back to oneself is taken off.
 */
function exchange(incidence: Tensor, faces: Tensor, cofaces: Tensor) {
  const [batch, numFaces, numCofaces] = incidence.shape as [number, number, number];
  const boundary = matmul(incidence, faces, { transposeA: true });
  const coboundary = matmul(incidence, cofaces);
  const returnsToFace = reshape(reduceSum(incidence, [2]), [batch, numFaces, 1]);
  const returnsToCoface = reshape(reduceSum(incidence, [1]), [batch, numCofaces, 1]);
  return {
    boundary,
    coboundary,
    upper: sub(matmul(incidence, boundary), mul(faces, returnsToFace)),
    lower: sub(matmul(incidence, coboundary, { transposeA: true }), mul(cofaces, returnsToCoface)),
  };
}
