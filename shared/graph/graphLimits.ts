/** Bounds of a graph: a model may come from a stranger, and tracing it happens before anyone has agreed to train it. */
export const GRAPH_LIMITS = {
  /** Elements of one tensor, 2^28: its bytes, and whatever is counted within it, fit the 32 bits of a kernel's numbers. */
  elements: 2 ** 28,
  /**
   * Nodes that one model's graph takes, those of gradients and lowerings included; one more is counted for each 4 inputs of a
   * node and each 64 values of a literal. The largest model of the zoo takes 4,300.
   */
  nodes: 2 ** 16,
  /** Values of one literal, which are held in JavaScript. */
  literalValues: 2 ** 20,
} as const;
