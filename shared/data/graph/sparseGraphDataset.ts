import type { Dataset } from "../dataset.ts";
import type { AttributedGraph } from "./attributedGraph.ts";

/** Where the parts of a row lie, in elements; each part begins where the one before ends. */
export interface SparseGraphLayout {
  readonly numNodes: number;
  readonly numFeatures: number;
  /** Directed edges: twice the undirected ones. */
  readonly numArcs: number;
  readonly rowLength: number;
}

/** The layout of `sparseGraphDataset`'s row for a graph: what a model of it needs to take the row apart. */
export function sparseGraphLayout({ numNodes, numFeatures, edges }: AttributedGraph): SparseGraphLayout {
  const numArcs = 2 * edges.length;
  return { numNodes, numFeatures, numArcs, rowLength: numNodes * numFeatures + 2 * numArcs };
}

/**
 * One large graph as one example: inputs [1, rowLength] f32 = node features [numNodes · numFeatures], sources [numArcs],
 * destinations [numArcs]. Each edge comes as two arcs, sorted by destination and then source, without loops; node numbers
 * are exact in f32.
 * @param targets class id of each node [numNodes]; -1 is ignored by the loss (see `nodeTargets`).
 * @throws RangeError unless there is one target a node.
 */
export function sparseGraphDataset(graph: AttributedGraph, targets: Int32Array): Dataset {
  if (targets.length !== graph.numNodes) {
    throw new RangeError(`"targets" expected ${graph.numNodes} classes (one a node), got ${targets.length}`);
  }
  const { numArcs, rowLength } = sparseGraphLayout(graph);
  const inputs = new Float32Array(rowLength);
  inputs.set(graph.features);
  const arcs = graph.edges
    .flatMap(
      ([a, b]) =>
        [
          [a, b],
          [b, a],
        ] as const,
    )
    .sort(([sourceA, toA], [sourceB, toB]) => toA - toB || sourceA - sourceB);
  const start = graph.features.length;
  for (const [at, [source, destination]] of arcs.entries()) {
    inputs[start + at] = source;
    inputs[start + numArcs + at] = destination;
  }
  return { numExamples: 1, inputShape: [rowLength], inputs, targets, targetSize: graph.numNodes };
}
