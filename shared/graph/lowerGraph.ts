import { rewrite, withInputs } from "./rewrite.ts";
import type { Graph, SubGraph, Tensor } from "./tensor.ts";

/** The graph in primitive ops only: every node with a definition is replaced by what its `lower` says. */
export function lowerGraph({ inputs, outputs, updates }: Graph): Graph {
  const lowered = lowerAll([...outputs, ...updates.map(({ value }) => value)]);
  return {
    inputs,
    outputs: lowered.slice(0, outputs.length),
    updates: updates.map(({ target }, i) => ({ target, value: lowered[outputs.length + i]! })),
  };
}

/** What the `lowered` depend on is in primitive ops already. */
function lowerAll(outputs: readonly Tensor[], lowered: readonly Tensor[] = []): Tensor[] {
  const lower = (node: Tensor, inputs: readonly Tensor[]): Tensor | undefined => {
    // A lowering may itself use defined ops, so it is lowered again.
    if (node.definition) return lowerAll([node.definition.lower(inputs, node.attributes)], inputs)[0];
    const body = node.body && lowerBody(node.body);
    return body === node.body ? undefined : withInputs(node, inputs, body);
  };
  return rewrite(outputs, lower, lowered);
}

function lowerBody(body: SubGraph): SubGraph {
  const outputs = lowerAll(body.outputs);
  return outputs.every((output, i) => output === body.outputs[i]) ? body : { inputs: body.inputs, outputs };
}
