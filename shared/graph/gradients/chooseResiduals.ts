import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "../topologicalOrder.ts";

/** Ops that cost about as much as reading a stored result would. */
const CHEAP: ReadonlySet<string> = new Set([
  ...["add", "sub", "mul", "div", "neg", "abs", "maximum", "minimum", "greater", "greaterEqual", "equal", "where"],
  ...["relu", "reluGrad", "tanhGrad", "sigmoidGrad", "stopGradient", "floor", "toInt", "toFloat"],
  ...["broadcastTo", "reshape", "transpose", "slice", "reverse", "pad", "concat", "advanceRandom"],
]);

export interface BackwardStep {
  /** What the step computes. */
  readonly results: readonly Tensor[];
  /** What the loop before it knew at the same step: carries and items, which differ from step to step, and constants. */
  readonly varying: readonly Tensor[];
  readonly constants: readonly Tensor[];
  /** What only the loop backwards knows. */
  readonly cotangents: readonly Tensor[];
  /** Values that the loop before has to store in any case. */
  readonly forced: readonly Tensor[];
}

/**
 * The values of a loop's body that are worth storing for its gradient: what the step backwards needs, does not depend on
 * a cotangent, and does not follow by cheap ops from the loop's inputs and the other stored values.
 * Source: the residuals of partial evaluation as in Radul et al. 2023, "You only linearize once", arXiv:2204.10923.
 */
export function chooseResiduals({ results, varying, constants, cotangents, forced }: BackwardStep): Tensor[] {
  const given = new Set([...varying, ...constants]);
  const order = topologicalOrder([...results, ...forced], [...given, ...cotangents]);
  const isBackward = dependents(order, cotangents);
  const isVarying = dependents(order, varying);

  const needed = new Set(results);
  for (const node of order) if (isBackward.has(node)) for (const source of node.inputs) needed.add(source);
  for (const node of [...order].reverse()) {
    // Only f32 can be stacked: of an integer that is needed, its source is.
    if (needed.has(node) && node.dtype === "i32") for (const source of node.inputs) needed.add(source);
  }

  const saved = new Set(forced);
  const candidates = order.filter((node) => isVarying.has(node) && !isBackward.has(node) && !given.has(node));
  const canSave = (node: Tensor): boolean => needed.has(node) && node.dtype === "f32";
  for (const node of candidates) if (canSave(node) && !CHEAP.has(node.op)) saved.add(node);
  const available = new Set(given);
  for (const node of candidates) {
    const follows = CHEAP.has(node.op) && node.inputs.every((input) => available.has(input) || !isVarying.has(input));
    if (!follows && canSave(node)) saved.add(node);
    if (follows || saved.has(node)) available.add(node);
  }
  return [...saved];
}

/** The nodes that depend on some of the roots, these included. */
export function dependents(order: readonly Tensor[], roots: readonly Tensor[]): Set<Tensor> {
  const found = new Set(roots);
  for (const node of order) if (node.inputs.some((source) => found.has(source))) found.add(node);
  return found;
}
