import { scanAttributes } from "../ops/scan.ts";
import type { Tensor } from "../tensor.ts";
import { type BatchLayout, type BatchLayoutOptions, findExamples, isMixed } from "./batchLayout.ts";

interface ScanLayoutOptions {
  /** Layouts of the scan's inputs. */
  readonly inputs: readonly BatchLayout[];
  readonly batch: number;
  readonly batchLayouts: (outputs: readonly Tensor[], options: BatchLayoutOptions) => ReadonlyMap<Tensor, BatchLayout>;
}

/** Layouts of a scan's results by index: final carries, stacked outputs, histories of the carries. */
export function scanLayouts(node: Tensor, { inputs, batch, batchLayouts }: ScanLayoutOptions): readonly BatchLayout[] {
  const { numCarries, numSequences } = scanAttributes(node);
  const body = node.body!;
  // Time comes first in row-major order, so an item has the stride of its sequence, unless the batch is the time.
  const given = inputs.map((layout, i) => {
    const isSequence = i >= numCarries && i < numCarries + numSequences;
    if (!isSequence || typeof layout !== "number") return layout;
    return findExamples(node.inputs[i]!.shape, layout, batch)?.axis === 0 ? { mixedBy: node } : layout;
  });
  let carries = given.slice(0, numCarries);
  // A carry that begins without examples takes those of what flows into it; that ends after as many rounds as carries.
  for (;;) {
    const now = [...carries, ...given.slice(numCarries)];
    const mixed = now.find(isMixed);
    if (mixed) return [...body.outputs, ...carries].map(() => mixed);
    const known = new Map(body.inputs.map((formal, i) => [formal, now[i]]));
    const inner = batchLayouts(body.outputs, { batch, known });
    const results = body.outputs.map((output) => inner.get(output));
    const next = carries.map((before, i) => join(node, before, results[i]));
    if (next.every((layout, i) => layout === carries[i])) return [...next, ...results.slice(numCarries), ...next];
    carries = next;
  }
}

/** What holds of a carry before and after a step. */
function join(scan: Tensor, before: BatchLayout, after: BatchLayout): BatchLayout {
  if (before === undefined || before === after) return after;
  if (after === undefined) return before;
  return isMixed(after) ? after : { mixedBy: scan };
}
