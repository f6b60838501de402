import { assertInteger } from "../../base/assert.ts";
import type { Dataset } from "../dataset.ts";
import type { AttributedGraph } from "./attributedGraph.ts";

export interface DenseGraphDatasetOptions {
  /** Nodes of every row; the largest graph's when absent. Training and test sets of one model need the same. */
  readonly maxNodes?: number;
}

/**
 * Small graphs, one a row: inputs [graphs, maxNodes, numFeatures + maxNodes] f32. The row of a node holds its features,
 * then its row of the 0/1 adjacency matrix (symmetric, no loops). Rows beyond a graph's nodes are all zero; where each
 * node has a feature that is not 0, the mask of nodes is "any feature is not 0".
 * @param targets class ids [graphs], or of each node [graphs · maxNodes]; -1 is ignored by the loss.
 * @throws RangeError if the graphs differ in features, one is too large, or the targets do not fit.
 */
export function denseGraphDataset(
  graphs: readonly AttributedGraph[],
  targets: Int32Array,
  options: DenseGraphDatasetOptions = {},
): Dataset {
  const largest = graphs.reduce((most, graph) => Math.max(most, graph.numNodes), 0);
  const { maxNodes = largest } = options;
  assertInteger("maxNodes", maxNodes, Math.max(1, largest));
  const numFeatures = graphs[0]?.numFeatures ?? 0;
  const targetSize = targets.length / graphs.length;
  if (targetSize !== 1 && targetSize !== maxNodes) {
    throw new RangeError(
      `"targets" expected ${graphs.length} classes (one a graph) or ${graphs.length * maxNodes} (one a node), got ${targets.length}`,
    );
  }
  const width = numFeatures + maxNodes;
  const inputs = new Float32Array(graphs.length * maxNodes * width);
  for (const [at, graph] of graphs.entries()) {
    if (graph.numFeatures !== numFeatures) {
      throw new RangeError(`graph ${at} expected ${numFeatures} features a node, got ${graph.numFeatures}`);
    }
    const rows = inputs.subarray(at * maxNodes * width, (at + 1) * maxNodes * width);
    for (let node = 0; node < graph.numNodes; node++) {
      rows.set(graph.features.subarray(node * numFeatures, (node + 1) * numFeatures), node * width);
    }
    for (const [a, b] of graph.edges) {
      rows[a * width + numFeatures + b] = 1;
      rows[b * width + numFeatures + a] = 1;
    }
  }
  return { numExamples: graphs.length, inputShape: [maxNodes, width], inputs, targets, targetSize };
}
