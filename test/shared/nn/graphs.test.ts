import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { AttributedGraph, Edge } from "../../../shared/data/graph/attributedGraph.ts";
import { cellComplexDataset } from "../../../shared/data/graph/cellComplexDataset.ts";
import { denseGraphDataset } from "../../../shared/data/graph/denseGraphDataset.ts";
import { karateClub } from "../../../shared/data/graph/karateClub.ts";
import { sparseGraphDataset } from "../../../shared/data/graph/sparseGraphDataset.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { input } from "../../../shared/graph/ops.ts";
import type { Shape } from "../../../shared/graph/tensor.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { layerDocumentSchema } from "../../../shared/nn/layerDocument.ts";
import { cellComplex } from "../../../shared/nn/layers/graph/cellComplex.ts";
import { cellConv } from "../../../shared/nn/layers/graph/cellConv.ts";
import { cellPool } from "../../../shared/nn/layers/graph/cellPool.ts";
import { denseGraph } from "../../../shared/nn/layers/graph/denseGraph.ts";
import { gat } from "../../../shared/nn/layers/graph/gat.ts";
import { gcn } from "../../../shared/nn/layers/graph/gcn.ts";
import { gin } from "../../../shared/nn/layers/graph/gin.ts";
import { graphPool } from "../../../shared/nn/layers/graph/graphPool.ts";
import { graphSage } from "../../../shared/nn/layers/graph/graphSage.ts";
import { sparseGraph } from "../../../shared/nn/layers/graph/sparseGraph.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { applyLayer, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { expectClose } from "../../support/expectClose.ts";
import { dense, graphsCases } from "./graphsCases.ts";

for (const layerCase of graphsCases) layerContract(layerCase);
torchCases("graphs");

/** The output of a layer, its arrays drawn from one seed. */
function run(layer: Layer, values: ArrayLike<number>, shape: Shape): Float32Array {
  const rng = createRng("graphs");
  const params = Object.entries(layer.init).map(([name, { shape: own }]) => input(name, own));
  const x = input("x", shape);
  const feeds: Record<string, ArrayLike<number>> = { x: values };
  for (const [name, { shape: own }] of Object.entries(layer.init)) {
    feeds[name] = Array.from({ length: own.reduce((a, b) => a * b, 1) }, () => rng.nextFloat() - 0.5);
  }
  const outputs = [applyLayer(layer, params, x, evaluateContext)];
  return runReference(createGraph({ inputs: [x, ...params], outputs }), feeds).outputs[0] as Float32Array;
}

/** Sums of up to 17 neighbours in another order: 17 · 2^-24 = 1e-6 of values of order 1, twice over two layers. */
const TOLERANCE = 4e-6;

const stacks: readonly (readonly [string, (features: number) => Layer[]])[] = [
  ["gcn", (features) => [gcn(features, 8), relu(), gcn(8, 2)]],
  ["gat", (features) => [gat(features, 3, 2), relu(), gat(6, 2, 2, { concat: false })]],
  ["graphSage max", (features) => [graphSage(features, 8, "max"), relu(), graphSage(8, 2, "mean")]],
  ["gin", (features) => [gin([linear(features, 4), relu(), linear(4, 2)])]],
];

describe.each(stacks)("%s", (_, layersFor) => {
  it("makes of the karate club's list of edges what it makes of its matrix", () => {
    const { graph, labels } = karateClub();
    const { numNodes: nodes, numFeatures: features, edges } = graph;
    const layers = layersFor(features);
    const asMatrix = denseGraphDataset([graph], labels);
    const asList = sparseGraphDataset(graph, labels);
    expectClose(
      run(sparseGraph({ nodes, features, edges: 2 * edges.length, layers }), asList.inputs, [1, ...asList.inputShape]),
      run(denseGraph({ nodes, features, layers }), asMatrix.inputs, [1, ...asMatrix.inputShape]),
      { tolerance: TOLERANCE },
    );
  });

  it("keeps padding at zero, and out of the other nodes", () => {
    const triangle = graphOf(3, [[0, 1], [0, 2], [1, 2]]); // biome-ignore format: one line a graph
    const layers = layersFor(2);
    const alone = denseGraphDataset([triangle], Int32Array.of(0));
    const roomy = denseGraphDataset([triangle], Int32Array.of(0), { maxNodes: 5 });
    const y = run(denseGraph({ nodes: 3, features: 2, layers }), alone.inputs, [1, ...alone.inputShape]);
    const padded = run(denseGraph({ nodes: 5, features: 2, layers }), roomy.inputs, [1, ...roomy.inputShape]);
    expect(y.some((value) => value !== 0)).toBe(true);
    expectClose(padded.subarray(0, 6), y, { tolerance: TOLERANCE });
    expect(padded.subarray(6).every((value) => value === 0)).toBe(true);
  });

  it("leaves nodes as they are when the rest of the edges join a padding node to itself", () => {
    // Nodes 0 - 1 - 2; the fourth is padding.
    const features = [1, 2, 3, -1, 0.5, 1];
    const layers = [...layersFor(2), graphPool("sum")];
    const exact = [...features, 1, 0, 2, 1, 0, 1, 1, 2];
    const roomy = [...features, 0, 0, 1, 0, 2, 1, 3, 3, 3, 0, 1, 1, 2, 3, 3, 3];
    expectClose(
      run(sparseGraph({ nodes: 4, features: 2, edges: 7, layers }), roomy, [1, 22]),
      run(sparseGraph({ nodes: 3, features: 2, edges: 4, layers }), exact, [1, 14]),
      { tolerance: TOLERANCE },
    );
  });
});

/** Features [1 + node, 1]: no node is without, and all differ. */
function graphOf(numNodes: number, edges: readonly Edge[], alike = false): AttributedGraph {
  const features = Float32Array.from({ length: 2 * numNodes }, (_, i) => (i % 2 === 1 || alike ? 1 : 1 + i / 2));
  return { numNodes, numFeatures: 2, features, edges };
}

describe("cellConv", () => {
  it("tells two triangles from a ring of six, which no message passing between nodes can", () => {
    // biome-ignore format: one line a graph
    const graphs = [
      graphOf(6, [[0, 1], [0, 2], [1, 2], [3, 4], [3, 5], [4, 5]], true),
      graphOf(6, [[0, 1], [0, 5], [1, 2], [2, 3], [3, 4], [4, 5]], true),
    ];
    const asMatrix = denseGraphDataset(graphs, Int32Array.of(0, 1));
    const nodesOnly = run(
      denseGraph({ nodes: 6, features: 2, layers: [gin([linear(2, 4), relu()]), graphPool("sum")] }),
      asMatrix.inputs,
      [2, ...asMatrix.inputShape],
    );
    expect(nodesOnly.subarray(0, 4)).toEqual(nodesOnly.subarray(4));

    const { dataset, layout } = cellComplexDataset(graphs, Int32Array.of(0, 1), { orientation: "signed" });
    expect(layout).toMatchObject({ maxNodes: 6, maxEdges: 6, maxRings: 2, numFeatures: 2 });
    const layers = [cellConv(2, 4), relu(), cellPool("sum", "sum")];
    const cells = run(cellComplex({ nodes: 6, edges: 6, cells: 2, features: 2, layers }), dataset.inputs, [
      2,
      layout.rowLength,
    ]);
    const difference = cells.subarray(0, 4).map((value, i) => Math.abs(value - cells[4 + i]!));
    expect(Math.max(...difference)).toBeGreaterThan(0.1);
  });

  it("keeps the rows of absent cells at zero", () => {
    // Two nodes and one edge, with room for three nodes, two edges and a cell; one feature.
    const x = [1, 2, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    const layers = [cellConv(1, 2)];
    const y = run(cellComplex({ nodes: 3, edges: 2, cells: 1, features: 1, layers }), x, [1, 11]);
    const isZero = Array.from({ length: 6 }, (_, row) => y[2 * row] === 0 && y[2 * row + 1] === 0);
    expect(isZero).toEqual([false, false, true, false, true, true]);
  });
});

describe("layers of graph networks", () => {
  it("refuse to run without a graph, or on a graph of the wrong kind", () => {
    const x = input("x", [2, 3]);
    const homeless: readonly Layer[] = [
      gcn(3, 2),
      gat(3, 2, 1),
      graphSage(3, 2),
      gin([linear(3, 2)]),
      graphPool("sum"),
    ];
    for (const layer of homeless) {
      const params = Object.values(layer.init).map(({ shape }) => input("p", shape));
      expect(() => applyLayer(layer, params, x, evaluateContext)).toThrow("within a denseGraph or sparseGraph layer");
    }
    const wrong = dense(cellConv(2, 2));
    const params = Object.values(wrong.init).map(({ shape }) => input("p", shape));
    expect(() => applyLayer(wrong, params, input("x", [2, 3, 5]), evaluateContext)).toThrow(
      "layers.0 cellConv(2, 2): cellConv expected to be within a cellComplex layer",
    );
  });

  it("name the layer and both shapes when features do not fit", () => {
    const wrong = dense(gcn(4, 2));
    const params = Object.values(wrong.init).map(({ shape }) => input("p", shape));
    expect(() => applyLayer(wrong, params, input("x", [2, 3, 5]), evaluateContext)).toThrow(
      "layers.0 gcn(4, 2): gcn expected x [2, 3, 4], got [2, 3, 2]",
    );
  });

  it("refuse options out of range", () => {
    expect(() => gat(3, 4, 2, { negativeSlope: 1.5 })).toThrow('"negativeSlope" expected a value in [0, 1], got 1.5');
    expect(() => gcn(0, 4)).toThrow('"inFeatures" expected >= 1, got 0');
    expect(() => cellComplex({ nodes: 1, edges: 0, cells: 1, features: 1, layers: [] })).toThrow(
      '"edges" expected >= 1',
    );
  });

  it("have no document around a layer that has none", () => {
    const { document: _, ...custom } = relu();
    expect(dense(custom).document).toBeUndefined();
    expect(gin([custom]).document).toBeUndefined();
  });

  it.each([
    { kind: "gcn", inFeatures: 3, outFeatures: 2 ** 25 },
    { kind: "gat", inFeatures: 3, outFeatures: 2, heads: 0 },
    { kind: "gat", inFeatures: 3, outFeatures: 2, heads: 1, negativeSlope: -1 },
    { kind: "graphSage", inFeatures: 3, outFeatures: 2, aggregator: "median" },
    { kind: "denseGraph", nodes: 5000, features: 2, layers: [{ kind: "relu" }] },
    { kind: "denseGraph", nodes: 5, features: 2, layers: [] },
    { kind: "sparseGraph", nodes: 5, features: 2, edges: 1.5, layers: [{ kind: "relu" }] },
    { kind: "gin", layers: [{ kind: "nothing" }] },
    { kind: "cellPool", pooling: "sum", join: "product" },
    { kind: "graphPool", pooling: "median" },
  ])("refuse the document %o", (document) => {
    expect(v.safeParse(layerDocumentSchema, document).success).toBe(false);
  });
});
