import { numElements } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "../topologicalOrder.ts";
import { type BatchLayout, type BatchLayoutOptions, findExamples, isMixed } from "./batchLayout.ts";
import { exampleAxisRules } from "./exampleAxisRules.ts";
import { scanLayouts } from "./scanLayouts.ts";

/**
 * The layouts of everything that the outputs depend on. What is not mixed is proven to keep examples apart; an op that
 * is not known counts as one that mixes.
 */
export function batchLayouts(
  outputs: readonly Tensor[],
  { batch, known }: BatchLayoutOptions,
): ReadonlyMap<Tensor, BatchLayout> {
  const layouts = new Map(known);
  /** Layouts of a scan's results by index. */
  const scans = new Map<Tensor, readonly BatchLayout[]>();
  for (const node of topologicalOrder(outputs, [...known.keys()])) {
    if (layouts.has(node)) continue;
    const inputs = node.inputs.map((source) => layouts.get(source));
    if (node.op === "scan") scans.set(node, scanLayouts(node, { inputs, batch, batchLayouts }));
    const result = scans.get(node.inputs[0]!)?.[node.attributes.index as number];
    layouts.set(node, node.op === "scanOutput" ? result : layoutOf(node, inputs, batch));
  }
  return layouts;
}

function layoutOf(node: Tensor, inputs: readonly BatchLayout[], batch: number): BatchLayout {
  const mixed = inputs.find(isMixed);
  if (mixed) return mixed;
  if (node.op === "scan" || inputs.every((layout) => layout === undefined)) return undefined;
  if (node.op === "reshape") return inputs[0];
  if (node.definition) {
    const lowered = node.definition.lower(node.inputs, node.attributes);
    const known = new Map(node.inputs.map((source, i) => [source, inputs[i]]));
    return batchLayouts([lowered], { batch, known }).get(lowered);
  }

  let stride: number | undefined;
  for (const [i, own] of inputs.entries()) {
    if (typeof own !== "number") continue;
    const { shape } = node.inputs[i]!;
    const at = findExamples(shape, own, batch);
    const axis = at && exampleAxisRules[node.op]?.(node, i, at.axis);
    if (axis === undefined || node.shape[axis] !== shape[at!.axis]) return { mixedBy: node };
    const moved = at!.after * numElements(node.shape.slice(axis + 1));
    if (stride !== undefined && stride !== moved) return { mixedBy: node };
    stride = moved;
  }
  return stride;
}
