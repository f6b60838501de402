import { scanAttributes } from "../../graph/ops/scan.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";
import { itemView } from "./views.ts";

/** Emits the kernels of a sub-graph whose inputs have views. */
type LowerBody = (lowering: Lowering, order: readonly Tensor[], outputs: readonly Tensor[]) => void;

/**
 * A scan as one loop: carries live in storage of their own, items and stacked outputs are views that move on at each trip.
 * A body is traced once and its views are set once, so it may be lowered once only.
 */
export function lowerScan(lowering: Lowering, node: Tensor, lowerBody: LowerBody): void {
  const { length, numCarries, numSequences, reverse } = scanAttributes(node);
  const body = node.body!;
  const loop = lowering.newLoop();
  const results = body.outputs;
  const stack = (tensor: Tensor): View => lowering.newValue([length, ...tensor.shape]);

  const carries = body.inputs.slice(0, numCarries).map((formal, i) => {
    const storage = lowering.newValue(formal.shape);
    lowering.map("copy", [lowering.view(node.inputs[i]!)], storage);
    lowering.setView(formal, storage);
    return storage;
  });
  node.inputs.slice(numCarries).forEach((actual, i) => {
    const view = lowering.view(actual);
    const formal = body.inputs[numCarries + i]!;
    lowering.setView(formal, i < numSequences ? itemView(view, loop, reverse) : view);
  });
  const stacked = results.slice(numCarries).map(stack);
  const history = carries.map((_, i) => stack(results[i]!));

  const steps = lowering.collect(() => {
    carries.forEach((carry, i) => {
      lowering.map("copy", [carry], itemView(history[i]!, loop, reverse));
    });
    lowerBody(
      lowering,
      topologicalOrder(results, body.inputs).filter((inner) => !body.inputs.includes(inner)),
      results,
    );
    stacked.forEach((out, i) => {
      lowering.map("copy", [lowering.view(results[numCarries + i]!)], itemView(out, loop, reverse));
    });
    const next = results.slice(0, numCarries).map((result) => {
      const view = lowering.view(result);
      // A carry that becomes another is set aside, or the first copy would spoil the second.
      if (!carries.some((carry) => carry.value === view.value)) return view;
      const aside = lowering.newValue(view.shape);
      lowering.map("copy", [view], aside);
      return aside;
    });
    next.forEach((view, i) => {
      lowering.map("copy", [view], carries[i]!);
    });
  });
  lowering.emit({ kernel: "loop", loop, trips: length, body: steps });
  lowering.setScanResults(node, [...carries, ...stacked, ...history]);
}
