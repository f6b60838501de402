import { lowerGraph } from "./lowerGraph.ts";
import { mergeScans } from "./mergeScans.ts";
import { sameShape, shapeText } from "./shape.ts";
import type { Graph, Tensor } from "./tensor.ts";
import { topologicalOrder } from "./topologicalOrder.ts";

export interface GraphOptions {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly updates?: Graph["updates"];
}

/**
 * A checked graph in primitive ops only: what every backend takes.
 * @throws RangeError if a leaf is not listed, a name is used twice, or an update does not fit its target.
 */
export function createGraph({ inputs, outputs, updates = [] }: GraphOptions): Graph {
  const names = new Set<unknown>();
  for (const { op, attributes } of inputs) {
    if (op !== "input") throw new RangeError(`graph expected input nodes as inputs, got "${op}"`);
    if (names.has(attributes.name)) throw new RangeError(`graph has two inputs named "${attributes.name}"`);
    names.add(attributes.name);
  }
  const listed = new Set(inputs);
  for (const node of topologicalOrder([...outputs, ...updates.map(({ value }) => value)])) {
    if (node.op === "input" && !listed.has(node)) {
      throw new RangeError(`graph uses the input "${node.attributes.name}", which it does not list`);
    }
  }
  for (const { target, value } of updates) {
    if (!listed.has(target) || !sameShape(target.shape, value.shape)) {
      throw new RangeError(
        `graph expected an update of a listed input with its shape, got ${shapeText(value.shape)} for "${target.attributes.name}" ${shapeText(target.shape)}`,
      );
    }
  }
  const merged = mergeScans([...outputs, ...updates.map(({ value }) => value)]);
  return lowerGraph({
    inputs,
    outputs: merged.slice(0, outputs.length),
    updates: updates.map(({ target }, i) => ({ target, value: merged[outputs.length + i]! })),
  });
}
