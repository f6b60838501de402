import type { CellComplex } from "./liftToCells.ts";

export interface BoundaryMatrices {
  /** B1 [numNodes, numEdges]: which nodes bound an edge. */
  readonly nodeEdge: Float32Array;
  /** B2 [numEdges, numRings]: which edges bound a ring. */
  readonly edgeRing: Float32Array;
}

/**
 * The boundary operators of a cell complex, row-major.
 * "signed": an edge runs from its lower node (-1) to its higher one (+1), a ring along its list of nodes, and B2 holds +1 where
 * the ring runs along the edge, -1 against it; so B1·B2 = 0. "unsigned": 1 wherever they meet (incidence).
 * Source: Lim 2020, "Hodge Laplacians on Graphs", section 2, arXiv:1507.05379.
 * @throws RangeError if neighbours on a ring have no edge.
 */
export function boundaryMatrices(complex: CellComplex, orientation: "signed" | "unsigned"): BoundaryMatrices {
  const { numNodes, edges, rings } = complex;
  const against = orientation === "signed" ? -1 : 1;
  const nodeEdge = new Float32Array(numNodes * edges.length);
  const edgeRing = new Float32Array(edges.length * rings.length);
  const edgeOf = new Map<number, number>();
  for (const [edge, [lower, higher]] of edges.entries()) {
    nodeEdge[lower * edges.length + edge] = against;
    nodeEdge[higher * edges.length + edge] = 1;
    edgeOf.set(lower * numNodes + higher, edge);
  }
  for (const [ring, nodes] of rings.entries()) {
    for (const [at, from] of nodes.entries()) {
      const to = nodes[(at + 1) % nodes.length] as number;
      const edge = edgeOf.get(Math.min(from, to) * numNodes + Math.max(from, to));
      if (edge === undefined) throw new RangeError(`ring ${ring} expected an edge between nodes ${from} and ${to}`);
      edgeRing[edge * rings.length + ring] = from < to ? 1 : against;
    }
  }
  return { nodeEdge, edgeRing };
}
