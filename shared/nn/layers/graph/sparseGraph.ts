import { assertInteger, assertPositiveInteger } from "../../../base/assert.ts";
import { abs, add, constant, greater, literal, reduceMax, reshape, slice, toInt } from "../../../graph/ops.ts";
import { sameShape, shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

export interface SparseGraphOptions {
  /** In an example. */
  readonly nodes: number;
  /** Of each node. */
  readonly features: number;
  /** Directed edges of an example: twice as many as an undirected graph has. */
  readonly edges: number;
  /** What runs on the nodes. */
  readonly layers: readonly Layer[];
}

/**
 * Graphs with few edges, one an example, down to a single large one: gives its layers the nodes of the whole batch,
 * [batch · nodes, features], and, for those that pass messages, one list of edges.
 * Shapes: x [batch, nodes · features + 2 · edges]: node features, then the node that each edge comes from, then the node
 * that it goes to, as whole numbers from 0 -> [batch, nodes, out], or [batch, out] after a pooling.
 * Edges to the same node stand next to each other; both directions are listed; there are no loops. Where a graph has fewer
 * edges, the rest join a padding node (all features 0) to itself.
 * @throws RangeError if a count is not a positive integer or nodes are beyond the whole numbers of f32.
 */
export function sparseGraph({ nodes, features, edges, layers }: SparseGraphOptions): Layer {
  assertPositiveInteger("nodes", nodes);
  assertPositiveInteger("features", features);
  assertPositiveInteger("edges", edges);
  const length = nodes * features + 2 * edges;
  const documents = composeDocuments(layers);
  return {
    name: `sparseGraph(${nodes}, ${features}, ${edges})`,
    ...(documents && { document: { kind: "sparseGraph", nodes, features, edges, layers: documents } }),
    init: composeInit(layers, "layers"),
    apply(params, x, ctx) {
      const batch = x.shape[0] ?? 1;
      if (!sameShape(x.shape, [batch, length])) {
        throw new RangeError(
          `sparseGraph expected x [batch, ${nodes} · ${features} + 2 · ${edges}], got ${shapeText(x.shape)}`,
        );
      }
      const numNodes = batch * nodes;
      assertInteger("batch · nodes", numNodes, 1, 2 ** 24);
      const ofNodes = reshape(slice(x, 1, 0, nodes * features), [numNodes, features]);
      const firstNodes = literal(
        Array.from({ length: batch }, (_, example) => example * nodes),
        [batch, 1],
      );
      const ends = (start: number): Tensor => {
        const withinExample = slice(x, 1, start, edges);
        return toInt(reshape(add(withinExample, firstNodes), [batch * edges]));
      };
      const y = applyLayers(layers, "layers", params, ofNodes, {
        ...ctx,
        graph: {
          kind: "sparse",
          sources: ends(nodes * features),
          targets: ends(nodes * features + edges),
          numNodes,
          numGraphs: batch,
          mask: greater(reduceMax(abs(ofNodes), [1]), constant(0)),
        },
      });
      return y.shape[0] === numNodes ? reshape(y, [batch, nodes, ...y.shape.slice(1)]) : y;
    },
  };
}
