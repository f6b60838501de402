import { isElementwiseOp } from "../../graph/opset.ts";
import type { Graph, Tensor } from "../../graph/tensor.ts";
import type { Folds } from "./folds.ts";

/** w - learningRate · gradient, where the gradient is a product xᵀ·dy, that of a filter, or sums of dy over all axes but the last. */
export interface SgdFold {
  readonly learningRate: Tensor;
  readonly dy: Tensor;
  /** The gradient, which is never stored. */
  readonly gradient: Tensor;
}

export interface InPlace {
  /** The input in whose storage a node's value is made, by the node. */
  readonly targets: ReadonlyMap<Tensor, Tensor>;
  readonly sgd: ReadonlyMap<Tensor, SgdFold>;
}

/** Ops that only look at their input's storage in another way. */
export const VIEW_OPS: ReadonlySet<string> = new Set([
  ...["reshape", "transpose", "broadcastTo", "slice", "reverse", "stopGradient"],
]);

/**
 * The updates that may overwrite their target where they are computed: nothing reads the old value later, and the kernel
 * that makes the new one reads an element of the old one only before it writes it.
 */
export function findInPlace(graph: Graph, order: readonly Tensor[], folds: Folds): InPlace {
  const position = new Map(order.map((node, i) => [node, i]));
  const roots = new Set([...graph.outputs, ...graph.updates.map(({ value }) => value)]);
  const targets = new Map<Tensor, Tensor>();
  const sgd = new Map<Tensor, SgdFold>();
  const folding = new Map(
    graph.updates.flatMap(({ target, value }) => {
      const fold = matchSgd(target, value, folds, roots);
      return fold ? [[value, fold] as const] : [];
    }),
  );
  // What a folded gradient is made of is read where the update is made, not where the gradient stands.
  const late = new Set([...folding.values()].map(({ gradient }) => gradient));

  /** Position of the last kernel that reads the node's storage, `writer` itself excepted. */
  const lastRead = (node: Tensor, writer: Tensor): number => {
    let last = -1;
    const lookingAt = new Set([node]);
    // A Set visits what is added while it is walked; views of views may go deeper than the stack.
    for (const seen of lookingAt) {
      if (roots.has(seen)) return Number.POSITIVE_INFINITY;
      for (const user of folds.users.get(seen) ?? []) {
        if (user === writer) continue;
        // A convolution may look through zeros between the pixels of what it is given.
        const isLazy = VIEW_OPS.has(user.op) || user.op === "pad" || folds.inner.has(user) || late.has(user);
        if (isLazy) lookingAt.add(user);
        else last = Math.max(last, position.get(user)!);
      }
    }
    return last;
  };

  for (const { target, value } of graph.updates) {
    const kind = folds.byRoot.get(value)?.kind;
    const isElementwise = isElementwiseOp(value.op) && kind !== "dense" && kind !== "poolGrad";
    const readsPlainly = value.inputs.every((source) => readsElementwise(source, target, folds));
    const single = graph.updates.filter((update) => update.value === value).length === 1;
    if (!isElementwise || !readsPlainly || !single || lastRead(target, value) > position.get(value)!) continue;
    targets.set(value, target);
    const fold = folding.get(value);
    if (fold) sgd.set(value, fold);
  }
  return { targets, sgd };
}

/** Whether a kernel that takes `source` reads of the target's storage at most the element that it writes. */
function readsElementwise(source: Tensor, target: Tensor, folds: Folds): boolean {
  if (folds.inner.has(source)) return source.inputs.every((input) => readsElementwise(input, target, folds));
  return !(VIEW_OPS.has(source.op) && looksAt(source, target));
}

function looksAt(view: Tensor, target: Tensor): boolean {
  let source = view;
  while (VIEW_OPS.has(source.op) && source !== target) source = source.inputs[0]!;
  return source === target;
}

function matchSgd(
  target: Tensor,
  value: Tensor,
  { byRoot, users }: Folds,
  roots: ReadonlySet<Tensor>,
): SgdFold | undefined {
  const step = byRoot.get(value);
  if (step?.kind !== "subMul" || step.a !== target) return undefined;
  const [learningRate, gradient] = step.b.shape.length === 0 ? [step.b, step.c] : [step.c, step.b];
  if (learningRate.shape.length > 0 || users.get(gradient)?.length !== 1 || roots.has(gradient)) return undefined;
  const [first, second] = gradient.inputs as [Tensor, Tensor];
  const { transposeA, transposeB, axes } = gradient.attributes;
  const isWeightGradient =
    gradient.op === "matmul" && gradient.shape.length === 2 && transposeA === true && transposeB !== true;
  if (isWeightGradient || gradient.op === "conv2dFilterGrad") {
    // The product would read the target while it writes there.
    const readsTarget = first === target || (VIEW_OPS.has(first.op) && looksAt(first, target));
    return readsTarget ? undefined : { learningRate, dy: second, gradient };
  }
  const isColumnSum = gradient.op === "reduceSum" && (axes as readonly number[]).every((axis, i) => axis === i);
  return isColumnSum && gradient.shape.length === 1 ? { learningRate, dy: first, gradient } : undefined;
}
