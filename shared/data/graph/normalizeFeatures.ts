import type { AttributedGraph } from "./attributedGraph.ts";

/**
 * The same graph with each node's features divided by their sum; rows that sum to 0 stay as they are.
 * Source: Kipf and Welling 2017, section 5.1 and their preprocessing of Cora, arXiv:1609.02907.
 */
export function normalizeFeatures(graph: AttributedGraph): AttributedGraph {
  const { numNodes, numFeatures } = graph;
  const features = graph.features.slice();
  for (let node = 0; node < numNodes; node++) {
    const row = features.subarray(node * numFeatures, (node + 1) * numFeatures);
    const sum = row.reduce((total, value) => total + value, 0);
    if (sum !== 0) for (let at = 0; at < numFeatures; at++) row[at] = (row[at] as number) / sum;
  }
  return { ...graph, features };
}
