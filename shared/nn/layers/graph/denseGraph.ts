import { assertPositiveInteger } from "../../../base/assert.ts";
import { abs, constant, greater, reduceMax, slice } from "../../../graph/ops.ts";
import { sameShape, shapeText } from "../../../graph/shape.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

export interface DenseGraphOptions {
  /** Room for nodes in an example. */
  readonly nodes: number;
  /** Of each node. */
  readonly features: number;
  /** What runs on the nodes. */
  readonly layers: readonly Layer[];
}

/**
 * Small graphs, one an example: gives its layers the nodes [batch, nodes, features] and, for those that pass messages, the
 * adjacency and the mask of nodes: a node is there if one of its features is not 0.
 * Shapes: x [batch, nodes, features + nodes], each row the features of a node and then its row of the adjacency matrix,
 * without loops; rows and columns of padding are 0 -> what the layers make of the nodes. In a directed graph the row of a
 * node names those that it hears.
 * @throws RangeError if a count is not a positive integer.
 */
export function denseGraph({ nodes, features, layers }: DenseGraphOptions): Layer {
  assertPositiveInteger("nodes", nodes);
  assertPositiveInteger("features", features);
  const documents = composeDocuments(layers);
  return {
    name: `denseGraph(${nodes}, ${features})`,
    ...(documents && { document: { kind: "denseGraph", nodes, features, layers: documents } }),
    init: composeInit(layers, "layers"),
    apply(params, x, ctx) {
      const batch = x.shape[0] ?? 1;
      const expected = [batch, nodes, features + nodes];
      if (!sameShape(x.shape, expected)) {
        throw new RangeError(
          `denseGraph expected x [batch, ${nodes}, ${features} + ${nodes}], got ${shapeText(x.shape)}`,
        );
      }
      const ofNodes = slice(x, 2, 0, features);
      const adjacency = slice(x, 2, features, nodes);
      const mask = greater(reduceMax(abs(ofNodes), [2]), constant(0));
      return applyLayers(layers, "layers", params, ofNodes, { ...ctx, graph: { kind: "dense", adjacency, mask } });
    },
  };
}
