import { describe, expect, it } from "vitest";
import type { AttributedGraph } from "../../../../shared/data/graph/attributedGraph.ts";
import { cellComplexDataset } from "../../../../shared/data/graph/cellComplexDataset.ts";
import { denseGraphDataset } from "../../../../shared/data/graph/denseGraphDataset.ts";
import { sparseGraphDataset, sparseGraphLayout } from "../../../../shared/data/graph/sparseGraphDataset.ts";

const path: AttributedGraph = {
  numNodes: 2,
  numFeatures: 2,
  features: Float32Array.of(1, 2, 3, 4),
  edges: [[0, 1]],
};
const triangle: AttributedGraph = {
  numNodes: 3,
  numFeatures: 2,
  features: Float32Array.of(5, 6, 7, 8, 9, 10),
  edges: [
    [0, 1],
    [0, 2],
    [1, 2],
  ],
};

describe("denseGraphDataset", () => {
  it("puts features and adjacency side by side, zero beyond a graph's nodes", () => {
    const data = denseGraphDataset([path, triangle], Int32Array.of(1, 0));
    expect(data).toMatchObject({ numExamples: 2, inputShape: [3, 5], targetSize: 1 });
    // biome-ignore format: one node a line
    expect([...data.inputs]).toEqual([
      1, 2, 0, 1, 0,
      3, 4, 1, 0, 0,
      0, 0, 0, 0, 0,
      5, 6, 0, 1, 1,
      7, 8, 1, 0, 1,
      9, 10, 1, 1, 0,
    ]);
  });

  it("takes a class a node, and more room than it needs", () => {
    const data = denseGraphDataset([path], Int32Array.of(1, 0, -1, -1), { maxNodes: 4 });
    expect(data).toMatchObject({ inputShape: [4, 6], targetSize: 4 });
  });

  it("refuses targets, graphs and room that do not fit together", () => {
    expect(() => denseGraphDataset([path, triangle], Int32Array.of(1))).toThrow("2 classes (one a graph) or 6");
    expect(() => denseGraphDataset([triangle], Int32Array.of(1), { maxNodes: 2 })).toThrow('"maxNodes" expected >= 3');
    const other = { ...path, numFeatures: 1 };
    expect(() => denseGraphDataset([path, other], Int32Array.of(1, 0))).toThrow("graph 1 expected 2 features");
  });
});

describe("sparseGraphDataset", () => {
  it("lists features, then sources, then destinations of both arcs of each edge, by destination", () => {
    const data = sparseGraphDataset(triangle, Int32Array.of(0, -1, 1));
    expect(data).toMatchObject({ numExamples: 1, inputShape: [18], targetSize: 3 });
    expect([...data.inputs.slice(0, 6)]).toEqual([5, 6, 7, 8, 9, 10]);
    expect([...data.inputs.slice(6, 12)]).toEqual([1, 2, 0, 2, 0, 1]);
    expect([...data.inputs.slice(12)]).toEqual([0, 0, 1, 1, 2, 2]);
    expect(sparseGraphLayout(triangle)).toEqual({ numNodes: 3, numFeatures: 2, numArcs: 6, rowLength: 18 });
  });

  it("refuses targets that are not one a node", () => {
    expect(() => sparseGraphDataset(triangle, Int32Array.of(1))).toThrow("3 classes (one a node), got 1");
  });
});

describe("cellComplexDataset", () => {
  it("lays features, B1 and B2 one after the other, padded to the stated room", () => {
    const { dataset, layout } = cellComplexDataset([triangle, path], Int32Array.of(0, 1), { maxEdges: 4 });
    expect(layout).toEqual({ maxNodes: 3, maxEdges: 4, maxRings: 1, numFeatures: 2, rowLength: 6 + 12 + 4 });
    expect(dataset).toMatchObject({ numExamples: 2, inputShape: [22], targetSize: 1 });
    // Edges of the triangle: 01, 02, 12; the fourth column is room.
    // biome-ignore format: one row of a matrix a line
    expect([...dataset.inputs.slice(0, 22)]).toEqual([
      5, 6, 7, 8, 9, 10,
      1, 1, 0, 0,
      1, 0, 1, 0,
      0, 1, 1, 0,
      1, 1, 1, 0,
    ]);
    // biome-ignore format: one row of a matrix a line
    expect([...dataset.inputs.slice(22)]).toEqual([
      1, 2, 3, 4, 0, 0,
      1, 0, 0, 0,
      1, 0, 0, 0,
      0, 0, 0, 0,
      0, 0, 0, 0,
    ]);
  });

  it("refuses complexes that are larger than their room", () => {
    expect(() => cellComplexDataset([triangle], Int32Array.of(0), { maxEdges: 2 })).toThrow('"maxEdges" expected >= 3');
    expect(() => cellComplexDataset([triangle], Int32Array.of(0, 1))).toThrow("1 classes (one a graph), got 2");
  });
});
