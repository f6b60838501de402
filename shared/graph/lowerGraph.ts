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

function lowerAll(outputs: readonly Tensor[]): Tensor[] {
  return rewrite(outputs, (node, inputs) => {
    // A lowering may itself use defined ops, so it is lowered again.
    if (node.definition) return lowerAll([node.definition.lower(inputs, node.attributes)])[0];
    const body = node.body && lowerBody(node.body);
    return body === node.body ? undefined : withInputs(node, inputs, body);
  });
}

function lowerBody(body: SubGraph): SubGraph {
  const outputs = lowerAll(body.outputs);
  return outputs.every((output, i) => output === body.outputs[i]) ? body : { inputs: body.inputs, outputs };
}
