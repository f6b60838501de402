import { assertPositiveInteger } from "../../../base/assert.ts";
import { abs, concat, constant, greater, matmul, mul, reduceMax, reshape, slice } from "../../../graph/ops.ts";
import { sameShape, shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

export interface CellComplexOptions {
  /** Room for nodes (0-cells) in an example. */
  readonly nodes: number;
  /** Room for edges (1-cells). */
  readonly edges: number;
  /** Room for 2-cells: triangles of a simplicial complex, rings of a molecule. */
  readonly cells: number;
  /** Of each node. */
  readonly features: number;
  /** What runs on the cells. */
  readonly layers: readonly Layer[];
}

/**
 * Cell complexes up to dimension 2, one an example (a simplicial complex is one): gives its layers nodes, edges and 2-cells
 * below each other, [batch, nodes + edges + cells, features], and, for those that pass messages, the boundaries.
 * An edge begins as the sum of its two nodes, a 2-cell as the sum of its nodes (half the sum of its edges).
 * Shapes: x [batch, nodes · features + nodes · edges + edges · cells]: node features, then the boundary matrices B1
 * [nodes, edges] and B2 [edges, cells], whose entries are 1, or ±1 where cells have an orientation -> what the layers make of
 * the cells. A node is there if one of its features is not 0, an edge or 2-cell if its column is not.
 * Source: Bodnar et al. 2021, "Weisfeiler and Lehman Go Cellular: CW Networks", arXiv:2106.12575.
 * @throws RangeError if a count is not a positive integer.
 */
export function cellComplex({ nodes, edges, cells, features, layers }: CellComplexOptions): Layer {
  for (const [label, count] of Object.entries({ nodes, edges, cells, features })) assertPositiveInteger(label, count);
  const sizes = [nodes * features, nodes * edges, edges * cells] as const;
  const documents = composeDocuments(layers);
  return {
    name: `cellComplex(${nodes}, ${edges}, ${cells}, ${features})`,
    ...(documents && { document: { kind: "cellComplex", nodes, edges, cells, features, layers: documents } }),
    init: composeInit(layers, "layers"),
    apply(params, x, ctx) {
      const batch = x.shape[0] ?? 1;
      if (!sameShape(x.shape, [batch, sizes[0] + sizes[1] + sizes[2]])) {
        throw new RangeError(
          `cellComplex expected x [batch, ${nodes} · ${features} + ${nodes} · ${edges} + ${edges} · ${cells}], got ${shapeText(x.shape)}`,
        );
      }
      const ofNodes = reshape(slice(x, 1, 0, sizes[0]), [batch, nodes, features]);
      const nodeEdge = reshape(slice(x, 1, sizes[0], sizes[1]), [batch, nodes, edges]);
      const edgeCell = reshape(slice(x, 1, sizes[0] + sizes[1], sizes[2]), [batch, edges, cells]);
      const ofEdges = matmul(abs(nodeEdge), ofNodes, { transposeA: true });
      const ofCells = mul(matmul(abs(edgeCell), ofEdges, { transposeA: true }), constant(0.5));
      const isThere = (values: Tensor, axis: number): Tensor => greater(reduceMax(abs(values), [axis]), constant(0));
      const mask = concat([isThere(ofNodes, 2), isThere(nodeEdge, 1), isThere(edgeCell, 1)], 1);
      return applyLayers(layers, "layers", params, concat([ofNodes, ofEdges, ofCells], 1), {
        ...ctx,
        graph: { kind: "complex", nodeEdge, edgeCell, mask },
      });
    },
  };
}
