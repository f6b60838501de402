import type { Graph, Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import { chainMaps } from "./chainMaps.ts";
import { dropUnread } from "./dropUnread.ts";
import { findFolds } from "./folds.ts";
import type { FusedGraph, View } from "./fusedGraph.ts";
import { findInPlace } from "./inPlace.ts";
import { createLowering, inputValues, type Lowering } from "./lowering.ts";
import { lowerNodes } from "./lowerNodes.ts";
import { shareWeightPass } from "./shareWeightPass.ts";

export interface FuseOptions {
  /** x = raw * scale + offset: how the graph inputs "x" and "targets" come from resident rows. Absent: the caller writes them. */
  readonly gather?: { readonly scale: number; readonly offset: number };
  /** For each output, the f64 total that its values are added to at the end of the step, if any. */
  readonly totals?: readonly (number | undefined)[];
}

/**
 * Primitive ops -> kernel calls. Fused are: bias and relu into the product or convolution before them; transposes,
 * broadcasts and slices into the reads of kernels; a product into the sum after it; the SGD step into the product that
 * makes the weight gradient and into the column sums that make the bias gradient; elementwise kernels into chains. Updates
 * happen in place where that is safe.
 */
export function fuse(graph: Graph, options: FuseOptions = {}): FusedGraph {
  const { inputs, outputs, updates } = graph;
  const roots = [...outputs, ...updates.map(({ value }) => value)];
  const order = topologicalOrder(roots);
  const folds = findFolds(order, roots);
  const inPlace = findInPlace(graph, order, folds);
  const lowering = createLowering();
  const isGathered = ({ attributes }: Tensor): boolean =>
    options.gather !== undefined && (attributes.name === "x" || attributes.name === "targets");
  for (const tensor of inputs.filter(isGathered)) gatherBatch(lowering, tensor, options.gather!);
  const values = inputValues(
    lowering,
    inputs.filter((tensor) => !isGathered(tensor)),
  );

  lowerNodes(lowering, order, folds, inPlace);

  // Whoever reads an input that is about to change sees the value from before the step.
  const targets = new Set(updates.map(({ target }) => lowering.view(target).value));
  const settled = (tensor: Tensor): View => {
    const view = lowering.view(tensor);
    return targets.has(view.value) && !inPlace.targets.has(tensor) ? lowering.copy(view) : view;
  };
  const results = outputs.map((output) => lowering.dense(settled(output)));
  const copies = updates.filter(({ value }) => !inPlace.targets.has(value));
  const sources = copies.map(({ value }) => settled(value));
  copies.forEach(({ target }, i) => {
    lowering.map("copy", [sources[i]!], lowering.view(target));
  });
  options.totals?.forEach((total, i) => {
    if (total !== undefined) lowering.emit({ kernel: "accumulate", x: results[i]!, total });
  });
  const steps = chainMaps(shareWeightPass(dropUnread(lowering.steps, results)), results);
  return { steps, inputs: values, outputs: results };
}

/** Makes "x" or "targets" anew at each step, in the workspace that all programs share. */
function gatherBatch(lowering: Lowering, tensor: Tensor, { scale, offset }: { scale: number; offset: number }): void {
  const out = lowering.newValue(tensor.shape, tensor.dtype);
  lowering.setView(tensor, out);
  const batch = tensor.shape[0]!;
  if (tensor.attributes.name === "x") lowering.emit({ kernel: "gather", out, column: "inputs", batch, scale, offset });
  else lowering.emit({ kernel: "gather", out, column: "targets", batch, scale: 1, offset: 0 });
}
