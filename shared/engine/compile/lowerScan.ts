import { scanAttributes } from "../../graph/ops/scan.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";
import { itemView, sliceView, viewKey } from "./views.ts";

/** Emits the kernels of a sub-graph whose inputs have views. */
type LowerBody = (lowering: Lowering, order: readonly Tensor[], outputs: readonly Tensor[]) => void;

/**
 * A scan as one loop over views that move on at each trip; only results that are read (`isRead`, by the index that `scanOutput`
 * names) are stored. Stacked outputs are made where they belong.
 *
 * A carry whose history is read, by a gradient or as a stacked output, lives in a stack of length + 1 items, one before each trip
 * and one at the end: a trip reads an item and makes the next, so nothing is copied from trip to trip. Any other carry has one
 * place, and its next value is copied there when the trip is over.
 * A body is traced once and its views are set once, so it may be lowered once only.
 */
export function lowerScan(
  lowering: Lowering,
  node: Tensor,
  isRead: (index: number) => boolean,
  lowerBody: LowerBody,
): void {
  const { length, numCarries, numSequences, reverse } = scanAttributes(node);
  const body = node.body!;
  const loop = lowering.newLoop();
  const results = body.outputs;
  const moving = (stack: View): View => itemView(stack, loop, reverse);
  const fixed = (stack: View, item: number): View => ({
    ...itemView(sliceView(stack, 0, item, 1), loop, false),
    advances: [],
  });
  /** First item of those before each trip, and of those after. */
  const [before, after] = reverse ? [1, 0] : [0, 1];

  const carries = body.inputs.slice(0, numCarries).map((formal, i) => {
    const isStacked = results.some((result, k) => k >= numCarries && result === results[i] && isRead(k));
    const stack =
      isStacked || isRead(results.length + i) ? lowering.newValue([length + 1, ...formal.shape]) : undefined;
    const initial = stack ? fixed(stack, reverse ? length : 0) : lowering.newValue(formal.shape);
    lowering.map("copy", [lowering.view(node.inputs[i]!)], initial);
    lowering.setView(formal, stack ? moving(sliceView(stack, 0, before, length)) : initial);
    return { stack, initial };
  });
  node.inputs.slice(numCarries).forEach((actual, i) => {
    const view = lowering.view(actual);
    lowering.setView(body.inputs[numCarries + i]!, i < numSequences ? moving(view) : view);
  });
  /** Stacks of what is stored at each trip. */
  const stacks = results.map((result, i) => {
    const owner = carries.findIndex(({ stack }, k) => stack && results[k] === result && (k === i || i >= numCarries));
    if (owner >= 0) return sliceView(carries[owner]!.stack!, 0, after, length);
    return i >= numCarries && isRead(i) ? lowering.newValue([length, ...result.shape]) : undefined;
  });

  const steps = lowering.collect(() => {
    // The first place that is named for a node is where it is made; others get copies.
    const named = new Set<Tensor>();
    results.forEach((result, i) => {
      const stack = stacks[i];
      if (stack && !named.has(result)) lowering.setPlace(result, moving(stack));
      if (stack) named.add(result);
    });
    const order = topologicalOrder(results, body.inputs).filter((inner) => !body.inputs.includes(inner));
    lowerBody(lowering, order, results);
    const copyTo = (made: View, place: View): void => {
      if (viewKey(made) !== viewKey(place)) lowering.map("copy", [made], place);
    };
    results.forEach((result, i) => {
      const stack = stacks[i];
      if (stack) copyTo(lowering.view(result), moving(stack));
    });
    const single = carries.flatMap(({ stack, initial }, i) =>
      stack ? [] : [{ initial, view: lowering.view(results[i]!) }],
    );
    // A carry that becomes another is set aside, or the first copy would spoil the second.
    const next = single.map(({ view }) =>
      single.some(({ initial }) => initial.value === view.value) ? lowering.copy(view) : view,
    );
    single.forEach(({ initial }, i) => void copyTo(next[i]!, initial));
  });
  lowering.emit({ kernel: "loop", loop, trips: length, body: steps });
  lowering.setScanResults(node, [
    ...carries.map(({ stack, initial }) => (stack ? fixed(stack, reverse ? 0 : length) : initial)),
    ...stacks.slice(numCarries),
    ...carries.map(({ stack }) => stack && sliceView(stack, 0, before, length)),
  ]);
}
