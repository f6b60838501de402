import { assertInteger } from "../../base/assert.ts";
import type { Dataset } from "../dataset.ts";
import type { AttributedGraph } from "./attributedGraph.ts";
import { boundaryMatrices } from "./boundaryMatrices.ts";
import { type CellComplex, liftToCells } from "./liftToCells.ts";

export interface CellComplexDatasetOptions {
  /** Room for cells; what the largest complex needs when absent (rings at least 1). */
  readonly maxNodes?: number;
  readonly maxEdges?: number;
  readonly maxRings?: number;
  /** Longest chordless cycle that is filled; 6 when absent. */
  readonly maxRingSize?: number;
  /** "unsigned" when absent. */
  readonly orientation?: "signed" | "unsigned";
}

/** A row: node features [maxNodes, numFeatures], B1 [maxNodes, maxEdges], B2 [maxEdges, maxRings], one after the other. */
export interface CellComplexLayout {
  readonly maxNodes: number;
  readonly maxEdges: number;
  readonly maxRings: number;
  readonly numFeatures: number;
  readonly rowLength: number;
}

/**
 * Small graphs lifted to cell complexes, one a row: inputs [graphs, rowLength] f32 as `layout` says, zero where a graph has
 * no such cell. A node is there if it has a feature that is not 0, an edge or a ring if its column of B1 or B2 is not all 0.
 * @param targets class ids [graphs].
 * @throws RangeError if a graph has more cells than there is room for, or graphs and targets differ in number.
 */
export function cellComplexDataset(
  graphs: readonly AttributedGraph[],
  targets: Int32Array,
  options: CellComplexDatasetOptions = {},
): { readonly dataset: Dataset; readonly layout: CellComplexLayout } {
  if (targets.length !== graphs.length) {
    throw new RangeError(`"targets" expected ${graphs.length} classes (one a graph), got ${targets.length}`);
  }
  const { orientation = "unsigned" } = options;
  const complexes = graphs.map((graph) => liftToCells(graph, options.maxRingSize));
  const layout = layoutOf(complexes, graphs[0]?.numFeatures ?? 0, options);
  const { maxNodes, maxEdges, maxRings, numFeatures, rowLength } = layout;
  const inputs = new Float32Array(graphs.length * rowLength);
  for (const [at, complex] of complexes.entries()) {
    const graph = graphs[at] as AttributedGraph;
    if (graph.numFeatures !== numFeatures) {
      throw new RangeError(`graph ${at} expected ${numFeatures} features a node, got ${graph.numFeatures}`);
    }
    const { nodeEdge, edgeRing } = boundaryMatrices(complex, orientation);
    const row = inputs.subarray(at * rowLength, (at + 1) * rowLength);
    row.set(graph.features);
    const b1 = row.subarray(maxNodes * numFeatures);
    copyRows(nodeEdge, complex.edges.length, b1, maxEdges);
    copyRows(edgeRing, complex.rings.length, b1.subarray(maxNodes * maxEdges), maxRings);
  }
  return {
    dataset: { numExamples: graphs.length, inputShape: [rowLength], inputs, targets, targetSize: 1 },
    layout,
  };
}

function layoutOf(
  complexes: readonly CellComplex[],
  numFeatures: number,
  options: CellComplexDatasetOptions,
): CellComplexLayout {
  const most = (count: (complex: CellComplex) => number): number =>
    complexes.reduce((highest, complex) => Math.max(highest, count(complex)), 1);
  const room = (label: "maxNodes" | "maxEdges" | "maxRings", needed: number): number => {
    const given = options[label] ?? needed;
    assertInteger(label, given, needed);
    return given;
  };
  const maxNodes = room(
    "maxNodes",
    most(({ numNodes }) => numNodes),
  );
  const maxEdges = room(
    "maxEdges",
    most(({ edges }) => edges.length),
  );
  const maxRings = room(
    "maxRings",
    most(({ rings }) => rings.length),
  );
  const rowLength = maxNodes * numFeatures + maxNodes * maxEdges + maxEdges * maxRings;
  return { maxNodes, maxEdges, maxRings, numFeatures, rowLength };
}

/** Copies a matrix of `width` columns into the upper left of one of `outerWidth` columns. */
function copyRows(from: Float32Array, width: number, to: Float32Array, outerWidth: number): void {
  if (width === 0) return;
  for (let row = 0; row * width < from.length; row++) {
    to.set(from.subarray(row * width, (row + 1) * width), row * outerWidth);
  }
}
