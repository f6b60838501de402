import { assertInteger } from "../../base/assert.ts";
import type { AttributedGraph, Edge } from "./attributedGraph.ts";

/** A graph as a 2-dimensional cell complex: nodes are its 0-cells, edges its 1-cells, rings its 2-cells. */
export interface CellComplex {
  readonly numNodes: number;
  readonly edges: readonly Edge[];
  /** Node cycles: the lowest node first, then towards its lower neighbour on the ring; ascending. */
  readonly rings: readonly (readonly number[])[];
}

/**
 * Fills the rings of a graph: every chordless cycle of 3 .. maxRingSize nodes becomes a 2-cell. A cycle is chordless if no edge
 * of the graph joins two of its nodes but those that follow each other. With maxRingSize 3 this is the clique complex up
 * to triangles; molecules have rings of 5 and 6. Cost grows with degree^maxRingSize: for small or sparse graphs.
 * Source: Bodnar et al. 2021, "Weisfeiler and Lehman Go Cellular: CW Networks", section 4, arXiv:2106.12575.
 * @throws RangeError unless 3 <= maxRingSize <= 12.
 */
export function liftToCells(graph: Pick<AttributedGraph, "numNodes" | "edges">, maxRingSize = 6): CellComplex {
  assertInteger("maxRingSize", maxRingSize, 3, 12);
  const { numNodes, edges } = graph;
  const neighbours = Array.from({ length: numNodes }, () => new Set<number>());
  for (const [a, b] of edges) {
    neighbours[a]?.add(b);
    neighbours[b]?.add(a);
  }
  const isJoined = (a: number, b: number): boolean => neighbours[a]?.has(b) === true;
  const ascending = neighbours.map((others) => [...others].sort((a, b) => a - b));
  const rings: number[][] = [];

  /** Extends a chordless path that begins at its lowest node. */
  const extend = (path: readonly number[]): void => {
    const first = path[0] as number;
    for (const next of ascending[path.at(-1) as number] as number[]) {
      if (next <= first || path.includes(next)) continue;
      if (path.slice(1, -1).some((node) => isJoined(node, next))) continue; // a chord
      if (!isJoined(first, next)) {
        if (path.length + 1 < maxRingSize) extend([...path, next]);
      } else if (path.length === 1) {
        extend([first, next]);
      } else if ((path[1] as number) < next) {
        rings.push([...path, next]); // each ring is met in both directions, this is the one that is kept
      }
    }
  };
  for (let node = 0; node < numNodes; node++) extend([node]);
  return { numNodes, edges, rings };
}
