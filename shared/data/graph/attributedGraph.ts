/** An undirected graph with a feature vector on each node. */
export interface AttributedGraph {
  readonly numNodes: number;
  readonly numFeatures: number;
  /** [numNodes, numFeatures] */
  readonly features: Float32Array;
  /** Each edge once, as [lower, higher] node; ascending; no loops. Layers add what they need of self loops. */
  readonly edges: readonly Edge[];
}

export type Edge = readonly [lower: number, higher: number];
