import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import type { Edge } from "../../../../shared/data/graph/attributedGraph.ts";
import { boundaryMatrices } from "../../../../shared/data/graph/boundaryMatrices.ts";
import { karateClub } from "../../../../shared/data/graph/karateClub.ts";
import { liftToCells } from "../../../../shared/data/graph/liftToCells.ts";

/** The slow twin: a set of nodes is a chordless cycle if it is connected and each node has two neighbours within it. */
function chordlessCycles(numNodes: number, edges: readonly Edge[], maxSize: number): string[] {
  const found: string[] = [];
  for (let set = 0; set < 1 << numNodes; set++) {
    const nodes = Array.from({ length: numNodes }, (_, node) => node).filter((node) => set & (1 << node));
    if (nodes.length < 3 || nodes.length > maxSize) continue;
    const inside = edges.filter(([a, b]) => set & (1 << a) && set & (1 << b));
    if (!nodes.every((node) => inside.filter((edge) => edge.includes(node)).length === 2)) continue;
    const reached = new Set([nodes[0]]);
    for (let step = 0; step < nodes.length; step++) {
      for (const [a, b] of inside) if (reached.has(a) || reached.has(b)) reached.add(a).add(b);
    }
    if (reached.size === nodes.length) found.push(nodes.join());
  }
  return found.sort();
}

function randomGraph(seed: number): { numNodes: number; edges: Edge[] } {
  const rng = createRng(seed, "cells");
  const numNodes = 9;
  const edges: Edge[] = [];
  for (let a = 0; a < numNodes; a++) {
    for (let b = a + 1; b < numNodes; b++) if (rng.nextFloat() < 0.3) edges.push([a, b]);
  }
  return { numNodes, edges };
}

describe("liftToCells", () => {
  it.each([1, 2, 3, 4, 5, 6])("finds every chordless cycle of random graph %i once", (seed) => {
    const graph = randomGraph(seed);
    for (const maxSize of [3, 4, 6, 9]) {
      const rings = liftToCells(graph, maxSize).rings.map((ring) => [...ring].sort((a, b) => a - b).join());
      expect(rings.sort()).toEqual(chordlessCycles(graph.numNodes, graph.edges, maxSize));
    }
  });

  it("fills the 45 triangles of the karate club", () => {
    // Counted apart: the trace of the cubed adjacency matrix is 270 = 6 · 45.
    expect(liftToCells(karateClub().graph, 3).rings).toHaveLength(45);
  });

  it("walks a ring from its lowest node to the lower neighbour", () => {
    const hexagon: Edge[] = [
      [0, 3],
      [3, 1],
      [1, 4],
      [4, 2],
      [2, 5],
      [0, 5],
    ].map(([a = 0, b = 0]) => (a < b ? [a, b] : [b, a]));
    expect(liftToCells({ numNodes: 6, edges: hexagon }).rings).toEqual([[0, 3, 1, 4, 2, 5]]);
    expect(liftToCells({ numNodes: 6, edges: hexagon }, 5).rings).toEqual([]);
  });
});

describe("boundaryMatrices", () => {
  it.each([1, 2, 3])("has no boundary of a boundary when signed (random graph %i)", (seed) => {
    const graph = randomGraph(seed);
    const complex = liftToCells(graph);
    const { nodeEdge, edgeRing } = boundaryMatrices(complex, "signed");
    const numEdges = complex.edges.length;
    const numRings = complex.rings.length;
    expect(numRings).toBeGreaterThan(0);
    for (let node = 0; node < graph.numNodes; node++) {
      for (let ring = 0; ring < numRings; ring++) {
        let sum = 0;
        for (let edge = 0; edge < numEdges; edge++) {
          sum += (nodeEdge[node * numEdges + edge] as number) * (edgeRing[edge * numRings + ring] as number);
        }
        expect(sum).toBe(0);
      }
    }
  });

  it("holds the size of every ring and both ends of every edge, in absolute value when signed", () => {
    const complex = liftToCells(randomGraph(2));
    const signed = boundaryMatrices(complex, "signed");
    const unsigned = boundaryMatrices(complex, "unsigned");
    expect(unsigned.nodeEdge.reduce((sum, value) => sum + value, 0)).toBe(2 * complex.edges.length);
    expect(unsigned.edgeRing.reduce((sum, value) => sum + value, 0)).toBe(complex.rings.flat().length);
    expect(signed.nodeEdge.map(Math.abs)).toEqual(unsigned.nodeEdge);
    expect(signed.edgeRing.map(Math.abs)).toEqual(unsigned.edgeRing);
  });
});
