import type { Tensor } from "./tensor.ts";

/**
 * Every node that the outputs depend on, inputs before users. The walk does not look behind the `stops`.
 * The order is that of creation, so it is the same whenever the same code traces the same graph.
 */
export function topologicalOrder(outputs: readonly Tensor[], stops: readonly Tensor[] = []): Tensor[] {
  const stopped = new Set(stops);
  const seen = new Set<Tensor>(outputs);
  for (const node of seen) {
    // A Set visits what is added while it is walked.
    if (!stopped.has(node)) for (const source of node.inputs) seen.add(source);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
