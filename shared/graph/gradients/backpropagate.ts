import { isPrimitiveOp } from "../opset.ts";
import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "../topologicalOrder.ts";
import { addCotangents } from "./addCotangents.ts";
import { scanVjp } from "./scanVjp.ts";
import type { Seed, Vjp } from "./vjp.ts";
import { vjpTable } from "./vjpTable.ts";

/**
 * Reverse-mode differentiation: the cotangent of each of `wrt`, or `undefined` where nothing flows. The tensors of
 * `wrt` count as independent variables, even where one is computed from another. Only paths that reach them are
 * differentiated, so the gradient with respect to the data costs nothing unless asked for.
 */
export function backpropagate(seeds: readonly Seed[], wrt: readonly Tensor[]): (Tensor | undefined)[] {
  const variables = new Set(wrt);
  const outputs = seeds.map(([tensor]) => tensor);
  const order = topologicalOrder(outputs, wrt);
  const active = new Set(wrt);
  for (const node of order) if (node.inputs.some((source) => active.has(source))) active.add(node);

  const cotangents = new Map<Tensor, Tensor>();
  /** Cotangents of a scan's results by index. */
  const scanCotangents = new Map<Tensor, Map<number, Tensor>>();
  const accumulate = (tensor: Tensor, dy: Tensor): void => {
    const before = cotangents.get(tensor);
    cotangents.set(tensor, before ? addCotangents(before, dy) : dy);
  };

  for (const [tensor, dy] of seeds) if (active.has(tensor)) accumulate(tensor, dy);
  for (const node of order.reverse()) {
    if (variables.has(node) || !active.has(node)) continue;
    const flow = (contributions: readonly (Tensor | undefined)[]): void =>
      contributions.forEach((dx, i) => {
        const source = node.inputs[i]!;
        if (dx && active.has(source)) accumulate(source, dx);
      });
    if (node.op === "scan") {
      const results = scanCotangents.get(node);
      if (results) flow(scanVjp(node, { results, isWanted: (source) => active.has(source), backpropagate }));
      continue;
    }
    const dy = cotangents.get(node);
    if (!dy) continue;
    if (node.op === "scanOutput") recordScanCotangent(scanCotangents, node, dy);
    else flow(vjpOf(node)(node, dy));
  }
  return wrt.map((tensor) => cotangents.get(tensor));
}

function vjpOf(node: Tensor): Vjp {
  const { op, definition } = node;
  if (definition?.vjp) return definition.vjp;
  if (definition) {
    return (_, dy) => {
      const lowered = definition.lower(node.inputs, node.attributes);
      const gradients = backpropagate([[lowered, dy]], node.inputs);
      // A tensor that is passed twice gets its whole cotangent once.
      return gradients.map((dx, i) => (node.inputs.indexOf(node.inputs[i]!) === i ? dx : undefined));
    };
  }
  if (
    !isPrimitiveOp(op) ||
    op === "input" ||
    op === "constant" ||
    op === "literal" ||
    op === "scan" ||
    op === "scanOutput"
  ) {
    throw new TypeError(`no gradient is defined for the op "${op}"`);
  }
  return vjpTable[op];
}

function recordScanCotangent(byScan: Map<Tensor, Map<number, Tensor>>, node: Tensor, dy: Tensor): void {
  const scan = node.inputs[0]!;
  const index = node.attributes.index as number;
  const results = byScan.get(scan) ?? new Map<number, Tensor>();
  const before = results.get(index);
  results.set(index, before ? addCotangents(before, dy) : dy);
  byScan.set(scan, results);
}
