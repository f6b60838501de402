import { createNode } from "./node.ts";
import type { Tensor } from "./tensor.ts";
import { topologicalOrder } from "./topologicalOrder.ts";

/**
 * Rebuilds what the outputs depend on, bottom up. `replace` sees each node with its rebuilt inputs and returns what
 * stands in for it, or `undefined` to keep its op. Nodes that nothing changes stay the very same objects. The walk ends at the
 * `stops`, which stay as they are.
 */
export function rewrite(
  outputs: readonly Tensor[],
  replace: (node: Tensor, inputs: readonly Tensor[]) => Tensor | undefined,
  stops: readonly Tensor[] = [],
): Tensor[] {
  const rebuilt = new Map(stops.map((node) => [node, node]));
  for (const node of topologicalOrder(outputs, stops)) {
    if (rebuilt.has(node)) continue;
    const inputs = node.inputs.map((source) => rebuilt.get(source)!);
    const changed = inputs.some((source, i) => source !== node.inputs[i]);
    rebuilt.set(node, replace(node, inputs) ?? (changed ? withInputs(node, inputs) : node));
  }
  return outputs.map((output) => rebuilt.get(output)!);
}

/** The same op on other inputs of the same shapes. */
export function withInputs(node: Tensor, inputs: readonly Tensor[], body = node.body): Tensor {
  const { op, shape, dtype, attributes, definition } = node;
  return createNode(op, inputs, shape, { dtype, attributes, ...(body && { body }), ...(definition && { definition }) });
}
